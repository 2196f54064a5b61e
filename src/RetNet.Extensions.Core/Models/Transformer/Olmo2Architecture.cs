using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>OLMo 2 (arXiv 2501.00656): Llama with norms after its halves, and norms of all queries and all keys.</summary>
internal sealed class Olmo2Architecture : TransformerArchitecture
{
    private static readonly ArchitectureDefaults Defaults = new() { ContextLength = 2048, NormEpsilon = 1e-5f };

    public override string ModelType => "olmo2";

    public override string ClassName => "Olmo2ForCausalLM";

    public override TransformerConfiguration Read(ConfigurationReader options)
    {
        bool bias = options.Boolean("attention_bias", false);
        return TransformerConfigurationReader.Read(options, ModelType, Defaults) with
        {
            NormPlacement = NormPlacement.After,
            QueryKeyNorm = QueryKeyNorm.Whole,
            QueryKeyValueBias = bias,
            OutputBias = bias,
        };
    }

    public override void Write(JsonObject json, TransformerConfiguration c)
    {
    }
}
