using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.Core.Models.Transformer.Experts;
using RetNet.Extensions.Core.Models.Transformer.Rotations;
using RetNet.Extensions.Core.Models.Transformer.Windows;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>OLMo 2 (arXiv 2501.00656): Llama with norms after its halves, and norms of all queries and all keys. OLMo 3 (arXiv 2512.13961)
/// has a window in three layers of four.</summary>
/// <remarks>The rotary embedding of a layer with a window is never scaled. transformers 5 scales it (its pull request 45945 mends that);
/// transformers 4, llama.cpp and the paper do not.</remarks>
/// <param name="generation">2 or 3.</param>
internal sealed class OlmoArchitecture(int generation) : TransformerArchitecture
{
    private const int Period = 4;

    private static readonly ArchitectureDefaults Defaults = new() { ContextLength = 2048, NormEpsilon = 1e-5f };

    public override string ModelType => $"olmo{generation}";

    public override string ClassName => $"Olmo{generation}ForCausalLM";

    public override TransformerConfiguration Read(ConfigurationReader options)
    {
        bool bias = options.Boolean("attention_bias", false);
        TransformerConfiguration c = TransformerConfigurationReader.Read(options, ModelType, Defaults);
        int?[] windows = generation == 2 ? new int?[c.Layers] : Windows(options, c.Layers);
        return c with
        {
            NormPlacement = NormPlacement.After,
            QueryKeyNorm = QueryKeyNorm.Whole,
            QueryKeyValueBias = bias,
            OutputBias = bias,
            SlidingWindows = windows,
            LayerRotations = c.RotaryScaling is null || LayerWindows.Width(windows) is null
                ? []
                : [.. windows.Select(window => window is null ? LayerRotation.Global : LayerRotation.Local)],
            LocalRopeTheta = c.RopeTheta,
        };
    }

    public override void Write(JsonObject json, TransformerConfiguration c)
    {
        if (generation == 2)
            return;
        json["sliding_window"] = LayerWindows.Width(c.SlidingWindows);
        json["layer_types"] = LayerWindows.Types(c.SlidingWindows);
    }

    private static int?[] Windows(ConfigurationReader options, int layers)
    {
        int? window = LayerWindows.Width(options, absent: 4096);
        int?[] usual = [.. Enumerable.Range(1, layers).Select(layer => layer % Period == 0 ? null : window)];
        return LayerWindows.ByType(options, window, usual);
    }
}

/// <summary>OLMoE (arXiv 2409.02060): Llama with norms of all queries and all keys, and experts in every block.</summary>
internal sealed class OlmoeArchitecture : TransformerArchitecture
{
    private const string Normalizes = "norm_topk_prob";

    private static readonly ArchitectureDefaults Defaults = new() { ContextLength = 4096, NormEpsilon = 1e-5f, HasExperts = true };

    public override string ModelType => "olmoe";

    public override string ClassName => "OlmoeForCausalLM";

    public override ExpertNames ExpertNames { get; } = new() { Router = "mlp.gate" };

    public override TransformerConfiguration Read(ConfigurationReader options)
    {
        options.Refuse("clip_qkv");
        TransformerConfiguration c = TransformerConfigurationReader.Read(options, ModelType, Defaults);
        bool bias = options.Boolean("attention_bias", false);
        return c with
        {
            QueryKeyNorm = QueryKeyNorm.Whole,
            QueryKeyValueBias = bias,
            OutputBias = bias,
            Experts = ExpertOptionsReader.Read(options, count: 64, perToken: 8, c.FeedForwardWidth) with
            {
                NormalizesWeights = options.Boolean(Normalizes, false),
            },
        };
    }

    public override void Write(JsonObject json, TransformerConfiguration c)
    {
        ExpertOptionsReader.Write(json, "num_experts", c.Experts!);
        json[Normalizes] = c.Experts!.NormalizesWeights;
    }
}
