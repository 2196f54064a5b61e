using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Transformer.Experts;
using RetNet.Extensions.Core.Models.Transformer.Windows;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>GLM-4.5 (arXiv 2508.06471): Llama that rotates a part of each head, with experts as DeepSeek V3 chooses them.</summary>
internal sealed class Glm4MoeArchitecture : TransformerArchitecture
{
    private const string Bias = "attention_bias";
    private const string Norm = "use_qk_norm";

    private static readonly ArchitectureDefaults Defaults = new()
    {
        ContextLength = 131072,
        KeyValueHeads = 8,
        NormEpsilon = 1e-5f,
        RotaryPart = 0.5,
        HasExperts = true,
    };

    public override string ModelType => "glm4_moe";

    public override string ClassName => "Glm4MoeForCausalLM";

    public override ExpertNames ExpertNames => DeepSeekRouting.Names;

    public override bool MayGuessBehindLayers => true;

    public override TransformerConfiguration Read(ConfigurationReader options)
    {
        options.OptionalInteger("num_nextn_predict_layers", 0, 1);
        TransformerConfiguration c = TransformerConfigurationReader.Read(options, ModelType, Defaults);
        return c with
        {
            QueryKeyNorm = options.Boolean(Norm, false) ? QueryKeyNorm.PerHead : QueryKeyNorm.None,
            QueryKeyValueBias = options.Boolean(Bias, false),
            Experts = DeepSeekRouting.Read(options, c.Layers, shared: 1, firstDense: 1, normalizes: true),
        };
    }

    public override void Write(JsonObject json, TransformerConfiguration c)
    {
        json[Bias] = c.QueryKeyValueBias;
        json[Norm] = c.QueryKeyNorm == QueryKeyNorm.PerHead;
        json["partial_rotary_factor"] = (double)c.RotaryWidth / c.HeadWidth;
        DeepSeekRouting.Write(json, c.Experts!);
    }
}

/// <summary>dots.llm1 (arXiv 2506.05767): Qwen 3's attention, with experts as DeepSeek V3 chooses them.</summary>
internal sealed class Dots1Architecture : TransformerArchitecture
{
    private static readonly ArchitectureDefaults Defaults = new() { ContextLength = 2048, KeyValueHeads = 32, HasExperts = true };

    public override string ModelType => "dots1";

    public override string ClassName => "Dots1ForCausalLM";

    public override ExpertNames ExpertNames => DeepSeekRouting.Names;

    public override TransformerConfiguration Read(ConfigurationReader options)
    {
        TransformerConfiguration c = TransformerConfigurationReader.Read(options, ModelType, Defaults);
        bool bias = options.Boolean("attention_bias", false);
        return c with
        {
            QueryKeyNorm = QueryKeyNorm.PerHead,
            QueryKeyValueBias = bias,
            OutputBias = bias,
            SlidingWindows = LayerWindows.FromLayer(options, LayerWindows.Width(options, absent: 4096), c.Layers, absentFirst: 62),
            Experts = DeepSeekRouting.Read(options, c.Layers, shared: 0, firstDense: 0, normalizes: false),
        };
    }

    public override void Write(JsonObject json, TransformerConfiguration c)
    {
        LayerWindows.Write(json, c.SlidingWindows);
        DeepSeekRouting.Write(json, c.Experts!);
    }
}
