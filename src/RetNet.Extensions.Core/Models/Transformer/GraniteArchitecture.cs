using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Transformer.Experts;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>Granite 3 (granite): Llama with factors of the embedding, of what each half of a block adds, of the scores and of the logits.
/// granitemoe has experts in every block, granitemoeshared also one that every token passes.</summary>
/// <param name="modelType">One of the three.</param>
/// <param name="className">Its class of transformers.</param>
internal sealed class GraniteArchitecture(string modelType, string className) : TransformerArchitecture
{
    private const double MaximumFactor = 1e6;
    private const string SharedWidth = "shared_intermediate_size";

    private readonly bool _hasExperts = modelType != "granite";
    private readonly bool _hasShared = modelType == "granitemoeshared";

    public override string ModelType => modelType;

    public override string ClassName => className;

    public override ExpertNames ExpertNames { get; } = new()
    {
        Router = "block_sparse_moe.router.layer",
        JoinedBranches = "block_sparse_moe.input_linear.weight",
        JoinedDown = "block_sparse_moe.output_linear.weight",
        AreJoined = true,
        Shared = "shared_mlp",
        SharedBranches = "input_linear",
        SharedDown = "output_linear",
    };

    public override TransformerConfiguration Read(ConfigurationReader options)
    {
        ArchitectureDefaults defaults = new() { ContextLength = 2048, HasExperts = _hasExperts };
        TransformerConfiguration c = TransformerConfigurationReader.Read(options, ModelType, defaults);
        bool bias = options.Boolean("attention_bias", false);
        return c with
        {
            QueryKeyValueBias = bias,
            OutputBias = bias,
            EmbeddingScale = (float)Factor("embedding_multiplier"),
            ResidualScale = (float)Factor("residual_multiplier"),
            AttentionScale = (float)Factor("attention_multiplier"),
            LogitScale = (float)(1 / Factor("logits_scaling")),
            Experts = !_hasExperts ? null : ExpertOptionsReader.Read(options, count: 8, perToken: 2, c.FeedForwardWidth) with
            {
                SharedWidth = _hasShared ? options.OptionalInteger(SharedWidth, 0, ConfigurationReader.MaximumWidth) ?? 0 : 0,
            },
        };

        double Factor(string option) => options.OptionalNumber(option, 1 / MaximumFactor, MaximumFactor) ?? 1;
    }

    public override void Write(JsonObject json, TransformerConfiguration c)
    {
        json["embedding_multiplier"] = c.EmbeddingScale;
        json["residual_multiplier"] = c.ResidualScale;
        json["attention_multiplier"] = c.AttentionScale;
        json["logits_scaling"] = Reciprocal(c.LogitScale);
        if (c.Experts is null)
            return;
        ExpertOptionsReader.Write(json, "num_local_experts", c.Experts);
        if (_hasShared)
            json[SharedWidth] = c.Experts.SharedWidth;
    }

    // The number, usually a whole one, of which the factor is the reciprocal.
    private static double Reciprocal(float factor)
    {
        double exact = 1 / (double)factor, whole = Math.Round(exact);
        return (float)(1 / whole) == factor ? whole : exact;
    }
}
