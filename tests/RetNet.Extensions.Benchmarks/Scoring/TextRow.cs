namespace RetNet.Extensions.Benchmarks.Scoring;

/// <summary>A row of a file whose lines have a label, a tab and a text.</summary>
internal sealed class TextRow
{
    public string Label { get; set; } = "";

    public string Text { get; set; } = "";

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    public static TextRow[] Read(string path) =>
        [.. File.ReadLines(path).Select(line => line.Split('\t', 2)).Select(parts => new TextRow { Label = parts[0], Text = parts[^1] })];
}
