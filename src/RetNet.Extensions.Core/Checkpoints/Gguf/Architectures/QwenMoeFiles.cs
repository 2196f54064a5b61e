using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>Files of Qwen 2 and 3 with experts. llama.cpp normalises the weights of the chosen ones of Qwen 3 only.</summary>
/// <param name="generation">2 or 3.</param>
internal sealed class QwenMoeFiles(int generation) : GgufArchitecture($"qwen{generation}moe", $"qwen{generation}_moe")
{
    private static readonly GgufTensorNames Names = new([.. GgufExperts.Names("mlp.gate"),
        .. GgufExperts.NamesOfShared("mlp.shared_expert", "down_proj"),
        (GgufExperts.SharedGate, "mlp.shared_expert_gate.weight")]);

    public override GgufTensorNames TensorNames => Names;

    public override bool HasExperts => true;

    public override IReadOnlyList<string> Features => generation == 2 ? [GgufExperts.SharedWidth] : [];

    public override void Write(GgufOptions options, Utf8JsonWriter json)
    {
        options.All.RequireBoolean(options.Key("expert_weights_norm"), generation == 3);
        GgufExperts.Write(options, json, "moe_intermediate_size");
        json.WriteBoolean("norm_topk_prob", generation == 3);
        if (generation == 3)
            return;
        json.WriteBoolean("qkv_bias", options.HasQueryBias);
        json.WriteNumber("shared_expert_intermediate_size", GgufExperts.StatedWidth(options, GgufExperts.SharedWidth)
            ?? options.Integer("feed_forward_length", 1, ConfigurationReader.MaximumWidth));
    }
}
