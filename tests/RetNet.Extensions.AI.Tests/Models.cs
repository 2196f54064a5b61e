using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.AI.Tests;

/// <summary>The two embedded models, loaded once for all tests, which run side by side: one thread for each forward.</summary>
internal static class Models
{
    private static readonly Lazy<TextModel> LazyRetNet = new(() => Load("retnet-tinystories"));
    private static readonly Lazy<TextModel> LazyLlama = new(() => Load("llama-tinystories"));

    public static TextModel RetNet => LazyRetNet.Value;

    public static TextModel Llama => LazyLlama.Value;

    public static TextModel Get(string name) => name.StartsWith("retnet", StringComparison.Ordinal) ? RetNet : Llama;

    public static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "models", name);

    private static TextModel Load(string name) => TextModel.Load(PathOf(name), new ModelLoadOptions { Threads = 1 });
}
