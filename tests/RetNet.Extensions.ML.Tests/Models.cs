using Microsoft.ML;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.ML.Tests;

/// <summary>The two embedded models, and rows to run through them.</summary>
internal static class Models
{
    private static readonly Lazy<TextModel> LazyRetNet = new(() => TextModel.Load(RetNetPath, new ModelLoadOptions { Threads = 1 }));

    public static TextModel RetNet => LazyRetNet.Value;

    public static string RetNetPath => Path.Combine(AppContext.BaseDirectory, "models", "retnet-tinystories");

    public static string LlamaPath => Path.Combine(AppContext.BaseDirectory, "models", "llama-tinystories");

    public static IReadOnlyList<TextRow> Rows(int count) =>
        [.. Enumerable.Range(
            0, count).Select(i =>
                new TextRow { Number = i, Text = $"Once there were {i} dogs." + string.Concat(Enumerable.Repeat(" They ran.", i % 5)) })];

    public static IDataView Load(this MLContext context, params IEnumerable<TextRow> rows) => context.Data.LoadFromEnumerable(rows);

    public static List<T> Read<T>(this MLContext context, IDataView data)
        where T : class, new() => [.. context.Data.CreateEnumerable<T>(data, reuseRowObject: false)];
}
