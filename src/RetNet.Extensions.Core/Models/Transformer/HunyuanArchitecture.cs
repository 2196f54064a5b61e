using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Transformer.Rotations;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>Hunyuan and Hunyuan-MT without experts: Llama with a norm of each head's query and key, after their rotation.</summary>
internal sealed class HunyuanArchitecture : TransformerArchitecture
{
    private static readonly ArchitectureDefaults Defaults = new() { ContextLength = 2048, NormEpsilon = 1e-5f };

    public override string ModelType => "hunyuan_v1_dense";

    public override string ClassName => "HunYuanDenseV1ForCausalLM";

    public override NormNames NormNames { get; } = new() { Query = "self_attn.query_layernorm", Key = "self_attn.key_layernorm" };

    public override TransformerConfiguration Read(ConfigurationReader options)
    {
        options.RequireBoolean("use_qk_norm", true);
        options.RequireBoolean("use_cla", false);
        bool bias = options.Boolean("attention_bias", false);
        TransformerConfiguration c = TransformerConfigurationReader.Read(options, ModelType, Defaults) with
        {
            QueryKeyNorm = QueryKeyNorm.PerHeadRotated,
            QueryKeyValueBias = bias,
            OutputBias = bias,
        };
        return c.RotaryScaling is DynamicRotaryScaling && Alpha(options) is { } alpha
            ? c with { RopeTheta = c.RopeTheta * Math.Pow(alpha, (double)c.HeadWidth / (c.HeadWidth - 2)), RotaryScaling = null }
            : c;
    }

    public override void Write(JsonObject json, TransformerConfiguration c)
    {
    }

    // A dynamic scaling with an alpha depends on no length: it is another base.
    private static double? Alpha(ConfigurationReader options)
    {
        ConfigurationReader? scaling = options.OptionalObject("rope_scaling") ?? options.OptionalObject("rope_parameters");
        return scaling?.OptionalNumber("alpha", 0, 1e6) is double alpha and > 0 ? alpha : null;
    }
}
