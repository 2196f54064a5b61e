namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>Files of the architecture llama: Llama, Mistral, and every model that computes the same.</summary>
internal sealed class LlamaFiles() : GgufArchitecture("llama", "llama", rotatesNeighbours: true)
{
    // A Mistral is a Llama with a window. Biases of queries, keys and values without one of the output are Qwen 2's.
    public override string ModelType(GgufOptions options)
    {
        if (options.HasQueryBias && !options.HasOutputBias)
            return "qwen2";
        return options.Window is null ? base.ModelType(options) : "mistral";
    }
}
