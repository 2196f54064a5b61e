using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>Files of gpt-oss. Every other layer has the window, from the first on.</summary>
internal sealed class GptOssFiles() : GgufArchitecture("gpt-oss", "gpt_oss")
{
    private static readonly GgufTensorNames Names = new(
    [
        ("attn_sinks.weight", "self_attn.sinks"), ("post_attention_norm.weight", "post_attention_layernorm.weight"),
        .. GgufExperts.Names("mlp.router"),
    ]);

    public override GgufTensorNames TensorNames => Names;

    public override bool HasExperts => true;

    public override void Write(GgufOptions options, Utf8JsonWriter json) => GgufExperts.Write(options, json);
}
