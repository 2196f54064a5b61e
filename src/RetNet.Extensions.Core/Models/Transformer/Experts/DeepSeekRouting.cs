using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Experts;

namespace RetNet.Extensions.Core.Models.Transformer.Experts;

/// <summary>The options of models whose experts are chosen as in DeepSeek V3 (arXiv 2412.19437, section 2.1.2): by σ of the router's output
/// and a bias, within groups, in all blocks but the first ones, with experts that every token passes.</summary>
internal static class DeepSeekRouting
{
    private const string Width = "moe_intermediate_size";
    private const string Shared = "n_shared_experts";
    private const string Groups = "n_group";
    private const string GroupsPerToken = "topk_group";
    private const string Normalizes = "norm_topk_prob";
    private const string Scale = "routed_scaling_factor";
    private const string FirstDense = "first_k_dense_replace";
    private const string Scores = "scoring_func";

    /// <summary>The names of the weights.</summary>
    public static ExpertNames Names { get; } = new() { Router = "mlp.gate", Shared = "mlp.shared_experts" };

    /// <summary>Reads the options.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="layers">Number of blocks.</param>
    /// <param name="shared">n_shared_experts where it is absent.</param>
    /// <param name="firstDense">first_k_dense_replace where it is absent.</param>
    /// <param name="normalizes">norm_topk_prob where it is absent.</param>
    /// <exception cref="CheckpointException">An option is out of range, or set to what is not supported.</exception>
    public static ExpertOptions Read(ConfigurationReader options, int layers, int shared, int firstDense, bool normalizes)
    {
        if (options.OptionalText(Scores) is not (null or "sigmoid" or "noaux_tc"))
            throw options.Fault(Scores, "sigmoid or noaux_tc: other scores are not supported");
        int width = options.OptionalInteger(Width, 1, ConfigurationReader.MaximumWidth) ?? 1408;
        int dense = options.OptionalInteger(FirstDense, 0, int.MaxValue) ?? firstDense;
        ExpertOptions experts = ExpertOptionsReader.Read(options, count: 128, perToken: 8, width) with
        {
            SigmoidScores = true,
            HasSelectionBias = true,
            NormalizesWeights = options.Boolean(Normalizes, normalizes),
            WeightScale = (float)(options.OptionalNumber(Scale, 1e-6, 1e6) ?? 1),
            SharedWidth = ExpertOptionsReader.SharedWidth(options, Shared, shared, width),
            DenseLayers = [.. Enumerable.Range(0, Math.Min(dense, layers))],
        };
        return ReadGroups(options, experts);
    }

    /// <summary>Writes the options.</summary>
    public static void Write(JsonObject json, ExpertOptions experts)
    {
        ExpertOptionsReader.Write(json, "n_routed_experts", experts);
        json[Width] = experts.Width;
        json[Shared] = experts.SharedWidth / experts.Width;
        json[Groups] = experts.Groups;
        json[GroupsPerToken] = experts.GroupsPerToken;
        json[Normalizes] = experts.NormalizesWeights;
        json[Scale] = experts.WeightScale;
        json[FirstDense] = experts.DenseLayers.Count;
    }

    private static ExpertOptions ReadGroups(ConfigurationReader options, ExpertOptions experts)
    {
        int groups = options.OptionalInteger(Groups, 1, experts.Count) ?? 1, size = experts.Count / groups;
        if (experts.Count % groups != 0 || size < 2)
            throw options.Fault(Groups, $"a number of groups of equal size, at least 2, of {experts.Count} experts");
        int kept = options.OptionalInteger(GroupsPerToken, 1, groups) ?? 1;
        return kept * size >= experts.PerToken
            ? experts with { Groups = groups, GroupsPerToken = kept }
            : throw options.Fault(GroupsPerToken, $"groups of {size} that have the {experts.PerToken} experts of a token");
    }
}
