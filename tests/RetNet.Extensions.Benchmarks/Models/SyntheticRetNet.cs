using System.Text.Json;
using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Models.RetNet;

namespace RetNet.Extensions.Benchmarks.Models;

/// <summary>A RetNet with random weights, under the names of flash-linear-attention.</summary>
internal static class SyntheticRetNet
{
    private const int ValueExpansion = 2;

    public static JsonObject Configuration(SyntheticShape shape) => new()
    {
        ["architectures"] = new JsonArray("RetNetForCausalLM"),
        ["model_type"] = "retnet",
        ["hidden_size"] = shape.Width,
        ["expand_k"] = 1,
        ["expand_v"] = ValueExpansion,
        ["intermediate_size"] = shape.FeedForward / 2,
        ["num_hidden_layers"] = shape.Layers,
        ["num_heads"] = shape.Heads,
        ["hidden_act"] = "swish",
        ["norm_eps"] = SyntheticModel.NormEpsilon,
        ["max_position_embeddings"] = shape.Context,
        ["vocab_size"] = shape.Vocabulary,
        ["bos_token_id"] = 1,
        ["eos_token_id"] = 2,
        ["tie_word_embeddings"] = false,
    };

    public static IEnumerable<SyntheticTensor> Tensors(SyntheticShape shape)
    {
        RetNetTensorNames names = new(RetNetConfiguration.Parse(JsonSerializer.SerializeToElement(Configuration(shape)),
            "the synthetic config.json"));
        int d = shape.Width, v = ValueExpansion * d, f = shape.FeedForward / 2;
        yield return new(names.Embedding, "", shape.Vocabulary, d);
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            RetNetTensorNames.LayerNames block = names.Layer(layer);
            yield return new(block.RetentionNorm, "", 1, d) { IsNorm = true };
            yield return new(block.Query, "", d, d);
            yield return new(block.Key, "", d, d);
            yield return new(block.Value, "", v, d);
            yield return new(block.Gate, "", v, d);
            yield return new(block.Output, "", d, v);
            yield return new(block.HeadNorm, "", 1, v / shape.Heads) { IsNorm = true };
            yield return new(block.FeedForwardNorm, "", 1, d) { IsNorm = true };
            yield return new(block.FeedForwardGate, "", f, d);
            yield return new(block.FeedForwardUp, "", f, d);
            yield return new(block.FeedForwardDown, "", d, f);
        }

        yield return new(names.FinalNorm, "", 1, d) { IsNorm = true };
        yield return new(names.Head, "", shape.Vocabulary, d);
    }
}
