namespace RetNet.Extensions.Benchmarks.Engines;

/// <summary>The names of the engines in samples and tables.</summary>
internal static class EngineNames
{
    public const string Ours = "RetNet.Extensions";
    public const string LlamaCpp = "llama.cpp";
    public const string IkLlamaCpp = "ik_llama.cpp";

    /// <summary>A peer with or without flash attention.</summary>
    public static string Of(string peer, bool isFlash) => $"{peer} -fa {(isFlash ? 1 : 0)}";

    /// <summary>A peer without and with flash attention.</summary>
    public static string[] Both(string peer) => [Of(peer, isFlash: false), Of(peer, isFlash: true)];
}
