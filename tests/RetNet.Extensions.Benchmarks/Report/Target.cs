namespace RetNet.Extensions.Benchmarks.Report;

/// <summary>What a figure should reach.</summary>
/// <param name="Value">The limit, itself good enough.</param>
/// <param name="IsMost">True where less is better.</param>
/// <param name="Text">The limit as it is written.</param>
internal sealed record Target(double Value, bool IsMost, string Text)
{
    public static Target AtLeast(double ratio) => new(ratio, false, $"≥ {ratio:0.##}×");

    public static Target AtMost(double value, string text) => new(value, true, $"≤ {text}");

    public bool IsReachedBy(double result) => IsMost ? result <= Value : result >= Value;
}
