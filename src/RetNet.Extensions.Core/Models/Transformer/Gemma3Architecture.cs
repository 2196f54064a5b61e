using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.Core.Models.Transformer.Rotations;
using RetNet.Extensions.Core.Models.Transformer.Windows;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>The text model of Gemma 3 (arXiv 2503.19786): Gemma 2 with norms of queries and keys instead of soft caps, and five layers with
/// a window and a rotary embedding of their own for each that sees everything.</summary>
internal sealed class Gemma3Architecture : TransformerArchitecture
{
    private const string Full = "full_attention";
    private const string Sliding = "sliding_attention";

    private static readonly ArchitectureDefaults Defaults = new()
    {
        ContextLength = 131072,
        Heads = 8,
        VocabularySize = 262208,
        KeyValueHeads = 4,
        HeadWidth = 256,
        TieEmbeddings = true,
        RopeTheta = 1_000_000,
        Activations = [GemmaArchitecture.GeluTanh],
    };

    public override string ModelType => "gemma3_text";

    public override string ClassName => "Gemma3ForCausalLM";

    public override TransformerConfiguration Read(ConfigurationReader options)
    {
        options.Refuse("attn_logit_softcapping");
        ConfigurationReader? rotations = options.OptionalObject("rope_parameters");
        ConfigurationReader? global = rotations?.OptionalObject(Full), local = rotations?.OptionalObject(Sliding);
        TransformerConfiguration c = TransformerConfigurationReader.Read(options, ModelType, Defaults);
        if (global is { } full)
        {
            c = c with
            {
                RopeTheta = RotaryOptions.Theta(full) ?? c.RopeTheta,
                RotaryScaling = new RotaryOptions(options, c.ContextLength).ReadScaling(full) ?? c.RotaryScaling,
            };
        }

        if (local is { } window && new RotaryOptions(options, c.ContextLength).ReadScaling(window) is not null)
            throw options.Fault($"rope_parameters.{Sliding}", "rope_type default: the layers with a window are not scaled");
        double localTheta = local is { } own ? RotaryOptions.Theta(own) ?? 10_000 : 10_000;
        c = Gemma2Architecture.ReadScores(options, GemmaArchitecture.ReadCommon(options, c));
        int?[] windows = Windows(options, c.Layers);
        return c with
        {
            NormPlacement = NormPlacement.Around,
            QueryKeyNorm = QueryKeyNorm.PerHead,
            LogitSoftCap = Gemma2Architecture.SoftCap(options, "final_logit_softcapping", absent: null),
            SlidingWindows = windows,
            LayerRotations = [.. windows.Select(layer => layer is null ? LayerRotation.Global : LayerRotation.Local)],
            LocalRopeTheta = options.OptionalNumber("rope_local_base_freq", 1, RotaryOptions.MaximumTheta) ?? localTheta,
        };
    }

    public override void Write(JsonObject json, TransformerConfiguration c)
    {
        GemmaArchitecture.WriteCommon(json);
        Gemma2Architecture.WriteScores(json, c);
        json["sliding_window"] = LayerWindows.Width(c.SlidingWindows);
        json["layer_types"] = LayerWindows.Types(c.SlidingWindows);
        json["rope_local_base_freq"] = c.LocalRopeTheta;
    }

    private static int?[] Windows(ConfigurationReader options, int layers)
    {
        int window = LayerWindows.Width(options, absent: 4096)
            ?? throw options.Fault("sliding_window", "a number of tokens: layers without a window are named by layer_types");
        int period = options.OptionalInteger("sliding_window_pattern", 1, ConfigurationReader.MaximumLayers) ?? 6;
        return LayerWindows.ByType(
            options, window, [.. Enumerable.Range(1, layers).Select(layer => layer % period == 0 ? (int?)null : window)]);
    }
}
