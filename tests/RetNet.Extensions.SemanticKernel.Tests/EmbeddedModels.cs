namespace RetNet.Extensions.SemanticKernel.Tests;

/// <summary>The folders of small models.</summary>
internal static class EmbeddedModels
{
    public const string RetNetName = "retnet-tinystories";
    public const string LlamaName = "llama-tinystories";

    public static string RetNet { get; } = Path.Combine(AppContext.BaseDirectory, "models", RetNetName);

    public static string Llama { get; } = Path.Combine(AppContext.BaseDirectory, "models", LlamaName);

    /// <summary>An encoder, and in <c>texts.json</c> what its reference gives for texts.</summary>
    public static string Encoder { get; } = Path.Combine(AppContext.BaseDirectory, "models", "encoder-bert");

    /// <summary>A model that knows dialogues with calls by heart.</summary>
    public static string ByHeart { get; } = Path.Combine(AppContext.BaseDirectory, "models", "calls-by-heart");
}
