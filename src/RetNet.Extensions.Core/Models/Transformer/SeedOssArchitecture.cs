using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>Seed-OSS: Llama with biases of queries, keys and values.</summary>
internal sealed class SeedOssArchitecture : TransformerArchitecture
{
    private const string Bias = "attention_bias";
    private const string OutputBias = "attention_out_bias";

    private static readonly ArchitectureDefaults Defaults = new() { ContextLength = 524288, KeyValueHeads = 8, HeadWidth = 128 };

    public override string ModelType => "seed_oss";

    public override string ClassName => "SeedOssForCausalLM";

    public override TransformerConfiguration Read(ConfigurationReader options) =>
        TransformerConfigurationReader.Read(options, ModelType, Defaults) with
        {
            QueryKeyValueBias = options.Boolean(Bias, true),
            OutputBias = options.Boolean(OutputBias, false),
        };

    public override void Write(JsonObject json, TransformerConfiguration c)
    {
        json[Bias] = c.QueryKeyValueBias;
        json[OutputBias] = c.OutputBias;
    }
}
