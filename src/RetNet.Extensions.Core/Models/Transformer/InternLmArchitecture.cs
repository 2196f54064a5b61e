using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>InternLM 2, 2.5 and 3 (arXiv 2403.17297): Llama's shape. They are written as Llama, which transformers itself
/// computes.</summary>
/// <param name="modelType">internlm2 or internlm3.</param>
/// <param name="naming">The names of its tensors; null for those of Llama.</param>
internal sealed class InternLmArchitecture(string modelType, TensorNaming? naming) : TransformerArchitecture
{
    private static readonly ArchitectureDefaults Defaults = new() { ContextLength = 2048 };

    /// <summary>The names of InternLM 2, which keeps the projections of each key-value head and its query heads together.</summary>
    public static TensorNaming Names2 { get; } = new(
        [
            ("model.embed_tokens", "model.tok_embeddings"), ("lm_head", "output"), ("self_attn.o_proj", "attention.wo"),
            ("mlp.gate_proj", "feed_forward.w1"), ("mlp.down_proj", "feed_forward.w2"), ("mlp.up_proj", "feed_forward.w3"),
            ("input_layernorm", "attention_norm"), ("post_attention_layernorm", "ffn_norm"),
        ],
        "attention.wqkv.weight");

    public override string ModelType => modelType;

    public override string ClassName => "LlamaForCausalLM";

    public override bool IsOnlyOtherCode => true;

    public override TransformerConfiguration Read(ConfigurationReader options)
    {
        options.RequireBoolean("bias", false);
        options.RequireBoolean("qkv_bias", false);
        return TransformerConfigurationReader.Read(options, ModelType, Defaults) with { Naming = naming };
    }

    public override void Write(JsonObject json, TransformerConfiguration c) => json["model_type"] = "llama";
}

/// <summary>Names that a checkpoint has for a Transformer's tensors where they are not those of Llama.</summary>
/// <param name="Names">Parts of Llama's names, and what stands in their place.</param>
/// <param name="Grouped">The name of a block's tensor that holds, for each key-value head, the rows of its query heads, its key and its
/// value.</param>
internal sealed record TensorNaming(IReadOnlyList<(string Llama, string Other)> Names, string Grouped)
{
    /// <summary>The checkpoint's name of a tensor.</summary>
    public string Of(string llama) =>
        Names.Aggregate(llama, (name, part) => name.Replace(part.Llama, part.Other, StringComparison.Ordinal));
}
