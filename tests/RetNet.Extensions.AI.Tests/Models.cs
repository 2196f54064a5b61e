using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.AI.Tests;

/// <summary>The embedded models, each loaded once for all tests, which run side by side: one thread for each forward.</summary>
internal static class Models
{
    private static readonly Lazy<TextModel> LazyRetNet = new(() => Load("retnet-tinystories"));
    private static readonly Lazy<TextModel> LazyLlama = new(() => Load("llama-tinystories"));

    private static readonly Lazy<TextModel> LazyByHeart = new(() => Load("calls-by-heart"));
    private static readonly Lazy<TextModel> LazyScenarios = new(() => Load("scenarios-by-heart"));

    public static TextModel RetNet => LazyRetNet.Value;

    public static TextModel Llama => LazyLlama.Value;

    /// <summary>A small model that knows dialogues with calls by heart: tests/models/calls-by-heart.</summary>
    public static TextModel ByHeart => LazyByHeart.Value;

    /// <summary>A small model that knows the scenarios of chat clients by heart: tests/models/scenarios-by-heart.</summary>
    public static TextModel Scenarios => LazyScenarios.Value;

    public static TextModel Get(string name) => name.StartsWith("retnet", StringComparison.Ordinal) ? RetNet : Llama;

    public static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "models", name);

    private static TextModel Load(string name) => TextModel.Load(PathOf(name), new ModelLoadOptions { Threads = 1 });
}
