using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.Core.Models.Transformer.Experts;
using RetNet.Extensions.Core.Models.Transformer.Windows;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>gpt-oss: experts with biases and a gate of their own, a window in every other layer, and sinks of attention.</summary>
internal sealed class GptOssArchitecture : TransformerArchitecture
{
    private static readonly ArchitectureDefaults Defaults = new()
    {
        ContextLength = 131072,
        KeyValueHeads = 8,
        HeadWidth = 64,
        NormEpsilon = 1e-5f,
        RopeTheta = 150_000,
        HasExperts = true,
    };

    public override string ModelType => "gpt_oss";

    public override string ClassName => "GptOssForCausalLM";

    public override ExpertNames ExpertNames { get; } = new() { Router = "mlp.router", IsInterleaved = true, AreJoined = true };

    public override TransformerConfiguration Read(ConfigurationReader options)
    {
        options.RequireNumber("swiglu_limit", 7);
        TransformerConfiguration c = TransformerConfigurationReader.Read(options, ModelType, Defaults);
        bool bias = options.Boolean("attention_bias", true);
        int? window = LayerWindows.Width(options, absent: 128);
        return c with
        {
            QueryKeyValueBias = bias,
            OutputBias = bias,
            AttentionSinks = true,
            Activation = FeedForwardActivation.ClampedSwiglu,
            SlidingWindows = LayerWindows.ByType(
                options, window, [.. Enumerable.Range(0, c.Layers).Select(layer => layer % 2 == 0 ? window : null)]),
            Experts = ExpertOptionsReader.Read(options, count: 128, perToken: 4, c.FeedForwardWidth) with { Biases = true },
        };
    }

    public override void Write(JsonObject json, TransformerConfiguration c)
    {
        json["attention_bias"] = c.OutputBias;
        json["swiglu_limit"] = 7;
        json["sliding_window"] = LayerWindows.Width(c.SlidingWindows);
        json["layer_types"] = LayerWindows.Types(c.SlidingWindows);
        ExpertOptionsReader.Write(json, "num_local_experts", c.Experts!);
    }
}
