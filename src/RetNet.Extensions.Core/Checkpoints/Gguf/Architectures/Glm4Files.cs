using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>Files of GLM-4-0414: norms around each half of a block, merged branches of the feed-forward network, heads that are rotated in
/// part.</summary>
internal sealed class Glm4Files() : GgufArchitecture("glm4", "glm4")
{
    private static readonly GgufTensorNames Names = new(
        ("post_attention_norm.weight", "post_self_attn_layernorm.weight"), ("ffn_norm.weight", "post_attention_layernorm.weight"),
        ("post_ffw_norm.weight", "post_mlp_layernorm.weight"), ("ffn_up.weight", "mlp.gate_up_proj.weight"));

    public override GgufTensorNames TensorNames => Names;

    public override bool RotatesPart => true;

    public override void Write(GgufOptions options, Utf8JsonWriter json) =>
        json.WriteNumber("partial_rotary_factor", (double)options.RotaryWidth / options.HeadWidth);
}
