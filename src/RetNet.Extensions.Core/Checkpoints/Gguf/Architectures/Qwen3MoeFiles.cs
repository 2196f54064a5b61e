using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>Files of Qwen 3 with experts. llama.cpp normalises the weights of the chosen ones.</summary>
internal sealed class Qwen3MoeFiles() : GgufArchitecture("qwen3moe", "qwen3_moe")
{
    private static readonly GgufTensorNames Names = new(GgufExperts.Names("mlp.gate"));

    public override GgufTensorNames TensorNames => Names;

    public override bool HasExperts => true;

    public override void Write(GgufOptions options, Utf8JsonWriter json)
    {
        options.All.RequireBoolean(options.Key("expert_weights_norm"), true);
        GgufExperts.Write(options, json, "moe_intermediate_size");
        json.WriteBoolean("norm_topk_prob", true);
    }
}
