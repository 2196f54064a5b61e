using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>Files of OLMo 2: norms after each half of a block.</summary>
internal sealed class Olmo2Files() : GgufArchitecture("olmo2", "olmo2")
{
    private static readonly GgufTensorNames NormsAfter = new(
        ("post_attention_norm.weight", "post_attention_layernorm.weight"), ("post_ffw_norm.weight", "post_feedforward_layernorm.weight"));

    public override GgufTensorNames TensorNames => NormsAfter;

    // OLMo 3 has the same name in its files, and windows.
    public override void WriteWindows(GgufOptions options, Utf8JsonWriter json)
    {
        if (options.Window is not null)
            throw options.Fault("attention.sliding_window", "none: OLMo 3 is not supported");
    }
}
