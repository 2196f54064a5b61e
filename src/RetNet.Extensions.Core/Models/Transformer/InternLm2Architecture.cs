using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>InternLM 2 and 2.5 (arXiv 2403.17297): Llama's shape with other names of tensors, and with the projections of each key-value
/// head and its query heads together. It is written as Llama, which transformers itself computes.</summary>
internal sealed class InternLm2Architecture : TransformerArchitecture
{
    private static readonly ArchitectureDefaults Defaults = new() { ContextLength = 2048 };

    public override string ModelType => "internlm2";

    public override string ClassName => "LlamaForCausalLM";

    public override TransformerConfiguration Read(ConfigurationReader options)
    {
        options.RequireBoolean("bias", false);
        return TransformerConfigurationReader.Read(options, ModelType, Defaults) with { Naming = TensorNaming.InternLm2 };
    }

    public override void Write(JsonObject json, TransformerConfiguration c) => json["model_type"] = "llama";
}
