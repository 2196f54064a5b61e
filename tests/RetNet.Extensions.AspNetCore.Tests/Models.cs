using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.AspNetCore.Tests;

/// <summary>The embedded models, each loaded once for all tests, which run side by side: one thread for each forward.</summary>
internal static class Models
{
    private static readonly Lazy<TextModel> LazyRetNet = new(() => Load("retnet-tinystories"));
    private static readonly Lazy<TextModel> LazyLlama = new(() => Load("llama-tinystories"));
    private static readonly Lazy<TextModel> LazyCalls = new(() => Load("llama-calls"));

    public static TextModel RetNet => LazyRetNet.Value;

    public static TextModel Llama => LazyLlama.Value;

    /// <summary>A model that calls functions.</summary>
    public static TextModel Calls => LazyCalls.Value;

    public static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "models", name);

    private static TextModel Load(string name) => TextModel.Load(PathOf(name), new ModelLoadOptions { Threads = 1 });
}
