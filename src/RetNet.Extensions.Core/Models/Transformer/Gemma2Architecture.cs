using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.Core.Models.Transformer.Windows;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>Gemma 2 (arXiv 2408.00118): Gemma with norms around its halves, soft caps, and a window in every other layer.</summary>
internal sealed class Gemma2Architecture : TransformerArchitecture
{
    private const double MaximumScalar = 1e6;

    private static readonly ArchitectureDefaults Defaults = new()
    {
        ContextLength = 8192,
        KeyValueHeads = 4,
        HeadWidth = 256,
        TieEmbeddings = true,
        Activations = [GemmaArchitecture.GeluTanh],
    };

    public override string ModelType => "gemma2";

    public override string ClassName => "Gemma2ForCausalLM";

    public override TransformerConfiguration Read(ConfigurationReader options)
    {
        TransformerConfiguration c = TransformerConfigurationReader.Read(options, ModelType, Defaults);
        int? window = LayerWindows.Width(options, absent: 4096);
        int?[] everySecond = [.. Enumerable.Range(0, c.Layers).Select(layer => layer % 2 == 0 ? window : null)];
        return ReadScores(options, GemmaArchitecture.ReadCommon(options, c)) with
        {
            NormPlacement = NormPlacement.Around,
            LogitSoftCap = SoftCap(options, "final_logit_softcapping", absent: 30),
            AttentionSoftCap = SoftCap(options, "attn_logit_softcapping", absent: 50),
            SlidingWindows = LayerWindows.ByType(options, window, everySecond),
        };
    }

    public override void Write(JsonObject json, TransformerConfiguration c)
    {
        GemmaArchitecture.WriteCommon(json);
        WriteScores(json, c);
        json["attn_logit_softcapping"] = c.AttentionSoftCap;
        json["sliding_window"] = LayerWindows.Width(c.SlidingWindows);
        json["layer_types"] = LayerWindows.Types(c.SlidingWindows);
    }

    /// <summary>query_pre_attn_scalar, whose square root the scores are divided by.</summary>
    public static TransformerConfiguration ReadScores(ConfigurationReader options, TransformerConfiguration c)
    {
        double scalar = options.OptionalNumber("query_pre_attn_scalar", 1 / MaximumScalar, MaximumScalar) ?? 256;
        return c with { AttentionScale = (float)(1 / Math.Sqrt(scalar)) };
    }

    /// <summary>A soft cap, which null turns off.</summary>
    public static float? SoftCap(ConfigurationReader options, string option, float? absent) => options.IsNull(option)
        ? null
        : (float?)options.OptionalNumber(option, 1 / MaximumScalar, MaximumScalar) ?? absent;

    /// <summary>Writes the scale of scores and the cap of logits.</summary>
    public static void WriteScores(JsonObject json, TransformerConfiguration c)
    {
        json["query_pre_attn_scalar"] = Scalar(c.AttentionScale);
        json["final_logit_softcapping"] = c.LogitSoftCap;
    }

    // The number, usually a whole one, whose root's reciprocal is the scale.
    private static double Scalar(float scale)
    {
        double exact = 1 / ((double)scale * scale), whole = Math.Round(exact);
        return (float)(1 / Math.Sqrt(whole)) == scale ? whole : exact;
    }
}
