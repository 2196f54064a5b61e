using RetNet.Extensions.Core;
using RetNet.Extensions.Tool;

namespace RetNet.Extensions.Benchmarks.Papers;

/// <summary>Stretches of long texts.</summary>
internal static class TextWindows
{
    /// <summary>Windows that are spread evenly over texts and do not overlap, each behind the token that begins a text.</summary>
    /// <param name="model">The model with the tokenizer.</param>
    /// <param name="paths">Files, or folders of files.</param>
    /// <param name="length">Tokens of a window.</param>
    /// <param name="count">Windows in all; fewer where the texts are too short.</param>
    public static int[][] Read(TextModel model, IEnumerable<string> paths, int length, int count)
    {
        List<int[]> windows = [];
        foreach (string path in paths.SelectMany(Files))
        {
            int[] text = model.Tokenizer.Encode(TextFile.Read(path), addSpecialTokens: false);
            windows.AddRange(text.Chunk(length - 1).Where(chunk => chunk.Length == length - 1)
                .Select(chunk => (int[])[model.BeginningOfSequenceId ?? throw Startless(model), .. chunk]));
        }

        int taken = Math.Min(count, windows.Count);
        return [.. Enumerable.Range(0, taken).Select(i => windows[i * windows.Count / taken])];
    }

    private static IEnumerable<string> Files(string path) =>
        Directory.Exists(path) ? Directory.EnumerateFiles(path).Order(StringComparer.Ordinal) : [path];

    private static CommandException Startless(TextModel model) =>
        new($"{model.Name} has no token that begins a text; expected one that retnet train made.");
}
