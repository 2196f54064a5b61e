using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Experts;
using RetNet.Extensions.Core.Models.Transformer.Experts;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>ERNIE 4.5: Llama that rotates neighbouring values; with experts, in some blocks, a bias takes part in their choice, and some
/// are for every token.</summary>
/// <param name="hasExperts">Whether it has experts.</param>
internal sealed class ErnieArchitecture(bool hasExperts) : TransformerArchitecture
{
    private const string Bias = "use_bias";
    private const string Width = "moe_intermediate_size";
    private const string Shared = "moe_num_shared_experts";
    private const string First = "moe_layer_start_index";
    private const string Last = "moe_layer_end_index";
    private const string Interval = "moe_layer_interval";

    private readonly ArchitectureDefaults _defaults = new()
    {
        ContextLength = 131072,
        KeyValueHeads = hasExperts ? 4 : 2,
        HeadWidth = hasExperts ? null : 128,
        NormEpsilon = 1e-5f,
        TieEmbeddings = true,
        RopeTheta = 500_000,
        HasExperts = hasExperts,
    };

    public override string ModelType => hasExperts ? "ernie4_5_moe" : "ernie4_5";

    public override string ClassName => hasExperts ? "Ernie4_5_MoeForCausalLM" : "Ernie4_5ForCausalLM";

    public override ExpertNames ExpertNames { get; } = new()
    {
        Router = "mlp.gate",
        SelectionBias = "mlp.moe_statics.e_score_correction_bias",
        HasSelectionRow = true,
        Shared = "mlp.shared_experts",
    };

    public override string[] Ignorable(TransformerConfiguration c) => hasExperts ? ["model.mtp_*"] : [];

    public override TransformerConfiguration Read(ConfigurationReader options)
    {
        options.RequireBoolean(Bias, false);
        TransformerConfiguration c = TransformerConfigurationReader.Read(options, ModelType, _defaults);
        return c with { RotatesNeighbours = true, Experts = hasExperts ? ReadExperts(options, c.Layers) : null };
    }

    public override void Write(JsonObject json, TransformerConfiguration c)
    {
        json[Bias] = false;
        if (c.Experts is not { } experts)
            return;
        ExpertOptionsReader.Write(json, "moe_num_experts", experts, "moe_k");
        json[Width] = experts.Width;
        json[Shared] = experts.SharedWidth / experts.Width;

        // Whole multiples of the interval, less 1, between the first and the last.
        int[] layers = [.. Enumerable.Range(0, c.Layers).Except(experts.DenseLayers)];
        json[First] = layers.FirstOrDefault(c.Layers);
        json[Last] = layers.LastOrDefault(c.Layers);
        json[Interval] = layers.Length > 1 ? layers[1] - layers[0] : 1;
    }

    private static ExpertOptions ReadExperts(ConfigurationReader options, int layers)
    {
        // The least sum that scores are divided by; one of softmax scores is above it.
        options.OptionalNumber("moe_norm_min", 0, 1e-6);
        int width = options.OptionalInteger(Width, 1, ConfigurationReader.MaximumWidth) ?? 1536;
        int first = options.OptionalInteger(First, 0, int.MaxValue) ?? 1;
        int last = options.OptionalInteger(Last, -1, int.MaxValue) is int stated and >= 0 ? stated : layers - 1;
        int interval = options.OptionalInteger(Interval, 1, int.MaxValue) ?? 1;
        return ExpertOptionsReader.Read(options, count: 64, perToken: 6, width) with
        {
            HasSelectionBias = true,
            SharedWidth = ExpertOptionsReader.SharedWidth(options, Shared, absent: 2, width),
            DenseLayers = [.. Enumerable.Range(0, layers)
                .Where(layer => layer < first || layer > last || (layer + 1) % interval != 0)],
        };
    }
}
