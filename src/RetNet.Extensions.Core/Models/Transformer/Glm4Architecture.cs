using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>GLM-4-0414 and GLM-Z1: Llama with norms around its halves, that rotates neighbouring values of a part of each head.</summary>
internal sealed class Glm4Architecture : TransformerArchitecture
{
    private const string Bias = "attention_bias";

    private static readonly ArchitectureDefaults Defaults = new()
    {
        ContextLength = 131072,
        KeyValueHeads = 2,
        HeadWidth = 128,
        NormEpsilon = 1.5625e-7f,
        RotaryPart = 0.5,
    };

    public override string ModelType => "glm4";

    public override string ClassName => "Glm4ForCausalLM";

    public override NormNames NormNames { get; } = new()
    {
        AfterAttention = "post_self_attn_layernorm",
        BeforeNetwork = "post_attention_layernorm",
        AfterNetwork = "post_mlp_layernorm",
    };

    public override TransformerConfiguration Read(ConfigurationReader options) =>
        TransformerConfigurationReader.Read(options, ModelType, Defaults) with
        {
            NormPlacement = NormPlacement.Around,
            QueryKeyValueBias = options.Boolean(Bias, true),
            RotatesNeighbours = true,
            MergedBranches = true,
        };

    public override void Write(JsonObject json, TransformerConfiguration c)
    {
        json[Bias] = c.QueryKeyValueBias;
        json["partial_rotary_factor"] = (double)c.RotaryWidth / c.HeadWidth;
    }
}
