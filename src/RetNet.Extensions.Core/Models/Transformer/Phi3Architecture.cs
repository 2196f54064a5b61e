using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Transformer.Rotations;
using RetNet.Extensions.Core.Models.Transformer.Windows;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>Phi 3, Phi 3.5 and Phi 4 mini (arXiv 2404.14219): Llama with merged projections, LongRoPE, and heads that are rotated in
/// part.</summary>
internal sealed class Phi3Architecture : TransformerArchitecture
{
    private static readonly ArchitectureDefaults Defaults = new() { ContextLength = 4096, NormEpsilon = 1e-5f, RotaryPart = 1 };

    public override string ModelType => "phi3";

    public override string ClassName => "Phi3ForCausalLM";

    public override TransformerConfiguration Read(ConfigurationReader options)
    {
        options.RequireBoolean("attention_bias", false);
        options.RequireBoolean("lm_head_bias", false);
        TransformerConfiguration c = TransformerConfigurationReader.Read(options, ModelType, Defaults);
        int? window = LayerWindows.Width(options, absent: null);
        return c with
        {
            MergedProjections = true,
            MergedBranches = true,
            SlidingWindows = LayerWindows.Everywhere(options, window, c.Layers),
        };
    }

    public override void Write(JsonObject json, TransformerConfiguration c)
    {
        json["sliding_window"] = LayerWindows.Width(c.SlidingWindows);
        json["partial_rotary_factor"] = (double)c.RotaryWidth / c.HeadWidth;
        if (c.RotaryScaling is LongRotaryScaling scaling)
            json["original_max_position_embeddings"] = scaling.OriginalContextLength;
    }
}
