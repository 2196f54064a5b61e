using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Transformer.Experts;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>Granite with experts in every block.</summary>
internal sealed class GraniteMoeArchitecture : TransformerArchitecture
{
    private static readonly ArchitectureDefaults Defaults = new() { ContextLength = 2048, HasExperts = true };

    public override string ModelType => "granitemoe";

    public override string ClassName => "GraniteMoeForCausalLM";

    public override ExpertNames ExpertNames { get; } = new()
    {
        Router = "block_sparse_moe.router.layer",
        JoinedBranches = "block_sparse_moe.input_linear.weight",
        JoinedDown = "block_sparse_moe.output_linear.weight",
        AreJoined = true,
    };

    public override TransformerConfiguration Read(ConfigurationReader options)
    {
        TransformerConfiguration c = TransformerConfigurationReader.Read(options, ModelType, Defaults);
        return GraniteArchitecture.ReadFactors(options, c) with
        {
            Experts = ExpertOptionsReader.Read(options, count: 8, perToken: 2, c.FeedForwardWidth),
        };
    }

    public override void Write(JsonObject json, TransformerConfiguration c)
    {
        GraniteArchitecture.WriteFactors(json, c);
        ExpertOptionsReader.Write(json, "num_local_experts", c.Experts!);
    }
}
