using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>Files of the architecture llama: Llama, Mistral, Mixtral, and every model that computes the same.</summary>
internal sealed class LlamaFiles() : GgufArchitecture("llama", "llama", rotatesNeighbours: true)
{
    private static readonly GgufTensorNames Names = new(
        [.. GgufExperts.Names("block_sparse_moe.gate"), .. GgufExperts.NamesOfOne("block_sparse_moe.experts", "w1", "w3", "w2")]);

    public override GgufTensorNames TensorNames => Names;

    public override bool HasExperts => true;

    // A Mixtral is a Llama with experts, a Mistral one with a window. Biases of queries, keys and values without one of the output are
    // Qwen 2's.
    public override string ModelType(GgufOptions options)
    {
        if (GgufExperts.Count(options) is not null)
            return "mixtral";
        if (options.HasQueryBias && !options.HasOutputBias)
            return "qwen2";
        return options.Window is null ? base.ModelType(options) : "mistral";
    }

    public override void Write(GgufOptions options, Utf8JsonWriter json) => GgufExperts.Write(options, json);
}
