using RetNet.Extensions.Core;

namespace RetNet.Extensions.AI.Tests;

/// <summary>The two embedded models, loaded once for all tests.</summary>
internal static class Models
{
    private static readonly Lazy<TextModel> LazyRetNet = new(() => TextModel.Load(PathOf("retnet-tinystories")));
    private static readonly Lazy<TextModel> LazyLlama = new(() => TextModel.Load(PathOf("llama-tinystories")));

    public static TextModel RetNet => LazyRetNet.Value;

    public static TextModel Llama => LazyLlama.Value;

    public static TextModel Get(string name) => name.StartsWith("retnet", StringComparison.Ordinal) ? RetNet : Llama;

    public static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "models", name);
}
