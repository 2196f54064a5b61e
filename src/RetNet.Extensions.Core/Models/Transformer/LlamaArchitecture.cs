using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>Llama, and what has its shape under its name: Yi, DeepSeek LLM and Coder, Falcon 3, distillations of R1.</summary>
internal sealed class LlamaArchitecture : TransformerArchitecture
{
    private static readonly ArchitectureDefaults Defaults = new() { ContextLength = 2048 };

    public override string ModelType => "llama";

    public override string ClassName => "LlamaForCausalLM";

    public override TransformerConfiguration Read(ConfigurationReader options)
    {
        bool bias = options.Boolean("attention_bias", false);
        return TransformerConfigurationReader.Read(options, ModelType, Defaults) with
        {
            QueryKeyValueBias = bias,
            OutputBias = bias,
        };
    }

    public override void Write(JsonObject json, TransformerConfiguration c)
    {
    }
}
