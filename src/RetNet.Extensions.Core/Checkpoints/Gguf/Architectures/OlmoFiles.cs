using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>Files of OLMo 2, with norms after each half of a block, and of OLMo 3, which has the same name and windows.</summary>
internal sealed class OlmoFiles() : GgufArchitecture("olmo2", "olmo2")
{
    private const int Period = 4;

    private static readonly GgufTensorNames NormsAfter = new(
        ("post_attention_norm.weight", "post_attention_layernorm.weight"), ("post_ffw_norm.weight", "post_feedforward_layernorm.weight"));

    public override GgufTensorNames TensorNames => NormsAfter;

    // So llama.cpp's converter wrote it until it had a key of YaRN's own, and so other converters do.
    public override bool HasWholeAttentionFactor => true;

    public override IReadOnlyList<string> Features => [GgufOptions.WindowPattern];

    public override string ModelType(GgufOptions options) => options.Window is null ? base.ModelType(options) : "olmo3";

    public override void WriteWindows(GgufOptions options, Utf8JsonWriter json)
    {
        if (options.Window is int window)
            WriteWindows(options, json, window, Period);
    }
}

/// <summary>Files of OLMoE. llama.cpp does not normalise the weights of the chosen experts.</summary>
internal sealed class OlmoeFiles() : GgufArchitecture("olmoe", "olmoe")
{
    private static readonly GgufTensorNames Names = new(GgufExperts.Names("mlp.gate"));

    public override GgufTensorNames TensorNames => Names;

    public override bool HasExperts => true;

    public override void Write(GgufOptions options, Utf8JsonWriter json)
    {
        options.All.RequireBoolean(options.Key("expert_weights_norm"), false);
        GgufExperts.Write(options, json);
    }
}
