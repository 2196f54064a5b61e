using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Experts;
using RetNet.Extensions.Core.Models.Transformer.Experts;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>Qwen 3 with experts, in every block or in some.</summary>
internal sealed class Qwen3MoeArchitecture : TransformerArchitecture
{
    private const string Width = "moe_intermediate_size";
    private const string Normalizes = "norm_topk_prob";
    private const string DenseLayers = "mlp_only_layers";

    private static readonly ArchitectureDefaults Defaults = new() { ContextLength = 32768, KeyValueHeads = 4, HasExperts = true };

    public override string ModelType => "qwen3_moe";

    public override string ClassName => "Qwen3MoeForCausalLM";

    public override ExpertNames ExpertNames { get; } = new() { Router = "mlp.gate" };

    public override TransformerConfiguration Read(ConfigurationReader options)
    {
        bool bias = options.Boolean("attention_bias", false);
        TransformerConfiguration c = TransformerConfigurationReader.Read(options, ModelType, Defaults);
        int? window = options.Boolean("use_sliding_window", false) ? LayerWindows.Width(options, absent: 4096) : null;
        int width = options.OptionalInteger(Width, 1, ConfigurationReader.MaximumWidth) ?? 768;
        return c with
        {
            QueryKeyNorm = QueryKeyNorm.PerHead,
            QueryKeyValueBias = bias,
            OutputBias = bias,
            SlidingWindows = LayerWindows.Everywhere(options, window, c.Layers),
            Experts = ExpertOptionsReader.Read(options, count: 128, perToken: 8, width) with
            {
                NormalizesWeights = options.Boolean(Normalizes, false),
                DenseLayers = ReadDenseLayers(options, c.Layers),
            },
        };
    }

    public override void Write(JsonObject json, TransformerConfiguration c)
    {
        ExpertOptions experts = c.Experts!;
        json["use_sliding_window"] = LayerWindows.Width(c) is not null;
        json["sliding_window"] = LayerWindows.Width(c);
        json[Width] = experts.Width;
        json[Normalizes] = experts.NormalizesWeights;
        json[DenseLayers] = new JsonArray([.. experts.DenseLayers.Select(layer => (JsonNode)layer)]);
        json["decoder_sparse_step"] = 1;
        ExpertOptionsReader.Write(json, "num_experts", experts);
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
