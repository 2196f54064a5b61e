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

/// <summary>Files of GLM-4.5: norms of queries and keys where the file has them, heads that are rotated in part, and behind the last block
/// one that guesses the token after the next.</summary>
internal sealed class Glm4MoeFiles() : GgufArchitecture("glm4moe", "glm4_moe")
{
    private static readonly GgufTensorNames Names = new(
    [
        .. GgufExperts.NamesWithBias("mlp.gate.e_score_correction_bias"), ("post_attention_norm.weight", "post_attention_layernorm.weight"),
        ("nextn.eh_proj.weight", "eh_proj.weight"), ("nextn.embed_tokens.weight", "embed_tokens.weight"),
        ("nextn.enorm.weight", "enorm.weight"), ("nextn.hnorm.weight", "hnorm.weight"),
        ("nextn.shared_head_head.weight", "shared_head.head.weight"), ("nextn.shared_head_norm.weight", "shared_head.norm.weight"),
    ]);

    public override GgufTensorNames TensorNames => Names;

    public override bool RotatesPart => true;

    public override bool HasExperts => true;

    public override IReadOnlyList<string> Features => [GgufExperts.SharedCount, GgufExperts.FirstDense, GgufExperts.GuessingLayers];

    public override void Write(GgufOptions options, Utf8JsonWriter json)
    {
        GgufExperts.WriteDeepSeek(options, json);
        json.WriteBoolean("use_qk_norm", options.HasTensor("blk.0.attn_q_norm.weight"));
        json.WriteNumber("partial_rotary_factor", (double)options.RotaryWidth / options.HeadWidth);
    }
}

/// <summary>Files of dots.llm1.</summary>
internal sealed class Dots1Files() : GgufArchitecture("dots1", "dots1")
{
    private static readonly GgufTensorNames Names = new(GgufExperts.NamesWithBias("mlp.gate.e_score_correction_bias"));

    public override GgufTensorNames TensorNames => Names;

    public override bool HasExperts => true;

    public override IReadOnlyList<string> Features => [GgufExperts.SharedCount, GgufExperts.FirstDense];

    // Where config.json says nothing, there is a window.
    public override void WriteWindows(GgufOptions options, Utf8JsonWriter json)
    {
        if (options.Window is null)
            json.WriteNull("sliding_window");
        else
            base.WriteWindows(options, json);
    }

    public override void Write(GgufOptions options, Utf8JsonWriter json) => GgufExperts.WriteDeepSeek(options, json);
}
