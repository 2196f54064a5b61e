using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Experts;
using RetNet.Extensions.Core.Models.Transformer.Experts;
using RetNet.Extensions.Core.Models.Transformer.Windows;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>Qwen 2 and 3 with experts, in every block or in some; 2 has one more that every token passes, behind a gate.</summary>
/// <param name="generation">2 or 3.</param>
internal sealed class QwenMoeArchitecture(int generation) : TransformerArchitecture
{
    private const string Width = "moe_intermediate_size";
    private const string SharedWidth = "shared_expert_intermediate_size";
    private const string Normalizes = "norm_topk_prob";
    private const string DenseLayers = "mlp_only_layers";
    private const string ProjectionBias = "qkv_bias";

    private readonly ArchitectureDefaults _defaults =
        new() { ContextLength = 32768, KeyValueHeads = generation == 3 ? 4 : 16, HasExperts = true };

    public override string ModelType => $"qwen{generation}_moe";

    public override string ClassName => $"Qwen{generation}MoeForCausalLM";

    public override ExpertNames ExpertNames { get; } =
        new() { Router = "mlp.gate", Shared = "mlp.shared_expert", SharedGate = "mlp.shared_expert_gate" };

    public override TransformerConfiguration Read(ConfigurationReader options)
    {
        TransformerConfiguration c = TransformerConfigurationReader.Read(options, ModelType, _defaults);
        return generation == 3 ? Read3(options, c) : Read2(options, c);
    }

    public override void Write(JsonObject json, TransformerConfiguration c)
    {
        ExpertOptions experts = c.Experts!;
        json["use_sliding_window"] = LayerWindows.Width(c.SlidingWindows) is not null;
        json["sliding_window"] = LayerWindows.Width(c.SlidingWindows);
        json[Width] = experts.Width;
        json[Normalizes] = experts.NormalizesWeights;
        json[DenseLayers] = new JsonArray([.. experts.DenseLayers.Select(layer => (JsonNode)layer)]);
        json["decoder_sparse_step"] = 1;
        ExpertOptionsReader.Write(json, "num_experts", experts);
        if (generation == 3)
            return;
        json[ProjectionBias] = c.QueryKeyValueBias;
        json[SharedWidth] = experts.SharedWidth;
    }

    private static TransformerConfiguration Read3(ConfigurationReader options, TransformerConfiguration c)
    {
        bool bias = options.Boolean("attention_bias", false);
        int? window = options.Boolean("use_sliding_window", false) ? LayerWindows.Width(options, absent: 4096) : null;
        return c with
        {
            QueryKeyNorm = QueryKeyNorm.PerHead,
            QueryKeyValueBias = bias,
            OutputBias = bias,
            SlidingWindows = LayerWindows.Everywhere(options, window, c.Layers),
            Experts = ReadExperts(options, c.Layers, count: 128, perToken: 8, width: 768),
        };
    }

    private static TransformerConfiguration Read2(ConfigurationReader options, TransformerConfiguration c)
    {
        options.RequireBoolean("use_sliding_window", false);
        return c with
        {
            QueryKeyValueBias = options.Boolean(ProjectionBias, true),
            SlidingWindows = LayerWindows.Everywhere(options, null, c.Layers),
            Experts = ReadExperts(options, c.Layers, count: 60, perToken: 4, width: 1408) with
            {
                SharedWidth = options.OptionalInteger(SharedWidth, 1, ConfigurationReader.MaximumWidth) ?? 5632,
                HasSharedGate = true,
            },
        };
    }

    private static ExpertOptions ReadExperts(ConfigurationReader options, int layers, int count, int perToken, int width)
    {
        width = options.OptionalInteger(Width, 1, ConfigurationReader.MaximumWidth) ?? width;
        return ExpertOptionsReader.Read(options, count, perToken, width) with
        {
            NormalizesWeights = options.Boolean(Normalizes, false),
            DenseLayers = ReadDenseLayers(options, layers),
        };
    }

    // Experts are in every decoder_sparse_step-th block that mlp_only_layers does not name.
    private static int[] ReadDenseLayers(ConfigurationReader options, int layers)
    {
        int step = options.OptionalInteger("decoder_sparse_step", 1, int.MaxValue) ?? 1;
        int[] named = options.Contains(DenseLayers)
            ? [.. options.Numbers(DenseLayers, 0, layers - 1).Select(layer => (int)layer)]
            : [];
        return [.. Enumerable.Range(0, layers).Where(layer => named.Contains(layer) || (layer + 1) % step != 0)];
    }
}
