using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>Gemma 2 and 3, whose blocks normalise before and after each half, and whose files do not state the scale of the
/// attention: it follows from the largest model's number of layers.</summary>
/// <param name="name">general.architecture.</param>
/// <param name="modelType">model_type.</param>
/// <param name="period">Layers from one without a window to the next.</param>
/// <param name="absentWindow">The window where a file states none; null for none.</param>
/// <param name="layersOfLargest">Layers of the model of 27 billion weights, whose scale is that of width / heads.</param>
/// <param name="absentCaps">Whether a soft cap that a file does not state is that of the architecture; otherwise there is none.</param>
internal abstract class LaterGemmaFiles(
    string name, string modelType, int period, int? absentWindow, int layersOfLargest, bool absentCaps)
    : GemmaFiles(name, modelType)
{
    private static readonly GgufTensorNames NormsAround = new(
        ("post_attention_norm.weight", "post_attention_layernorm.weight"), ("ffn_norm.weight", "pre_feedforward_layernorm.weight"),
        ("post_ffw_norm.weight", "post_feedforward_layernorm.weight"));

    private const string LogitCap = "final_logit_softcapping";

    public override GgufTensorNames TensorNames => NormsAround;

    public override IReadOnlyList<string> Features => [LogitCap, GgufOptions.WindowPattern, "rope.freq_base_swa"];

    public override void WriteWindows(GgufOptions options, Utf8JsonWriter json) =>
        WriteWindows(options, json, options.Window ?? absentWindow, period);

    public override void Write(GgufOptions options, Utf8JsonWriter json)
    {
        base.Write(options, json);
        json.WriteNumber("query_pre_attn_scalar",
            options.Layers == layersOfLargest ? (double)options.Width / options.Heads : options.HeadWidth);
        WriteCap(options, json, LogitCap);
    }

    /// <summary>Writes a soft cap under its own name; null for none.</summary>
    protected void WriteCap(GgufOptions options, Utf8JsonWriter json, string option)
    {
        double? stated = options.OptionalNumber(option, 0, float.MaxValue);
        if (stated is double cap and > 0)
            json.WriteNumber(option, cap);
        else if (stated is not null || !absentCaps)
            json.WriteNull(option);
    }
}
