using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>Files of Phi 3, 3.5 and 4: merged projections, divisors of the rotation for short and long texts.</summary>
internal sealed class Phi3Files() : GgufArchitecture("phi3", "phi3")
{
    private static readonly GgufTensorNames Merged =
        new(("attn_qkv.weight", "self_attn.qkv_proj.weight"), ("ffn_up.weight", "mlp.gate_up_proj.weight"));

    public override GgufTensorNames TensorNames => Merged;

    public override bool RotatesPart => true;

    public override void WriteWindows(GgufOptions options, Utf8JsonWriter json) => WriteOneWindow(options, json);

    public override void Write(GgufOptions options, Utf8JsonWriter json)
    {
        json.WriteNumber("partial_rotary_factor", (double)options.RotaryWidth / options.HeadWidth);
        if (options.OptionalInteger("rope.scaling.original_context_length", 1, int.MaxValue) is int length)
            json.WriteNumber("original_max_position_embeddings", length);
    }
}
