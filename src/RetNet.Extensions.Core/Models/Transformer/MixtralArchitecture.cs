using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>Mixtral: Mistral with experts in every block.</summary>
internal sealed class MixtralArchitecture : TransformerArchitecture
{
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
        TransformerConfiguration c = TransformerConfigurationReader.Read(
            options, ModelType, contextLength: 131072, keyValueHeads: 8, hasExperts: true);
        return c with
        {
            NormEpsilon = options.Epsilon("rms_norm_eps", 1e-5f),
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
