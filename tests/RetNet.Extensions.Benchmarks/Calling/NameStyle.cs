namespace RetNet.Extensions.Benchmarks.Calling;

/// <summary>How a program spells the names of its functions and parameters.</summary>
/// <param name="Plugin">The plugin that a name begins with, as in Semantic Kernel; empty for none.</param>
/// <param name="IsSnake">Words set apart by underscores; otherwise capitals begin them.</param>
internal sealed record NameStyle(string Plugin, bool IsSnake)
{
    public static NameStyle Snake { get; } = new("", true);

    public static NameStyle Draw(Values values) => values.Random.Next(4) switch
    {
        0 => new NameStyle("", false),
        1 => new NameStyle(DrawPlugin(values), false),
        _ => Snake,
    };

    /// <summary>The same style, perhaps for another plugin.</summary>
    public NameStyle OfAnotherPlugin(Values values) =>
        Plugin.Length > 0 && values.Chance(0.6) ? this with { Plugin = DrawPlugin(values) } : this;

    public string OfFunction(string name) =>
        IsSnake ? name : (Plugin.Length > 0 ? Plugin + "_" : "") + string.Concat(name.Split('_').Select(Values.Capital));

    private static string DrawPlugin(Values values) => Values.Capital(values.Chance(0.5) ? values.Text("topic") : values.MadeUp());

    public string OfParameter(string name) =>
        IsSnake ? name : string.Concat(name.Split('_').Select((word, i) => i == 0 ? word : Values.Capital(word)));
}
