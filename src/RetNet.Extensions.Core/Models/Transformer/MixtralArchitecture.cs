using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Transformer.Experts;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>Mixtral: Mistral with experts in every block.</summary>
internal sealed class MixtralArchitecture : TransformerArchitecture
{
    private static readonly ArchitectureDefaults Defaults = new()
    {
        ContextLength = 131072,
        KeyValueHeads = 8,
        NormEpsilon = 1e-5f,
        RopeTheta = 1e6,
        HasExperts = true,
    };

    public override string ModelType => "mixtral";

    public override string ClassName => "MixtralForCausalLM";

    public override ExpertNames ExpertNames { get; } = new()
    {
        Router = "block_sparse_moe.gate",
        Experts = "block_sparse_moe.experts",
        Gate = "w1",
        Up = "w3",
        Down = "w2",
    };

    public override TransformerConfiguration Read(ConfigurationReader options)
    {
        TransformerConfiguration c = TransformerConfigurationReader.Read(options, ModelType, Defaults);
        return c with
        {
            SlidingWindows = LayerWindows.Everywhere(options, LayerWindows.Width(options, absent: null), c.Layers),
            Experts = ExpertOptionsReader.Read(options, count: 8, perToken: 2, c.FeedForwardWidth),
        };
    }

    public override void Write(JsonObject json, TransformerConfiguration c)
    {
        json["sliding_window"] = LayerWindows.Width(c);
        ExpertOptionsReader.Write(json, "num_local_experts", c.Experts!);
    }
}
