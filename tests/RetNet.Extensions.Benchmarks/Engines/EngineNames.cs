namespace RetNet.Extensions.Benchmarks.Engines;

/// <summary>The names of the engines in samples and tables.</summary>
internal static class EngineNames
{
    public const string Ours = "RetNet.Extensions";
    public const string LlamaCpp = "llama.cpp";

    /// <summary>llama.cpp's own benchmark, which decodes without sampling.</summary>
    public const string LlamaBench = "llama-bench";
}
