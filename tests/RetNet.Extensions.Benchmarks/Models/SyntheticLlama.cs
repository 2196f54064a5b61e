using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Models.Transformer;

namespace RetNet.Extensions.Benchmarks.Models;

/// <summary>A Llama with random weights.</summary>
internal static class SyntheticLlama
{
    public static JsonObject Configuration(SyntheticShape shape) => new()
    {
        ["architectures"] = new JsonArray("LlamaForCausalLM"),
        ["model_type"] = "llama",
        ["hidden_act"] = "silu",
        ["hidden_size"] = shape.Width,
        ["intermediate_size"] = shape.FeedForward,
        ["num_hidden_layers"] = shape.Layers,
        ["num_attention_heads"] = shape.Heads,
        ["num_key_value_heads"] = shape.Heads,
        ["rms_norm_eps"] = SyntheticModel.NormEpsilon,
        ["rope_theta"] = SyntheticModel.RopeTheta,
        ["max_position_embeddings"] = shape.Context,
        ["vocab_size"] = shape.Vocabulary,
        ["bos_token_id"] = 1,
        ["eos_token_id"] = 2,
        ["tie_word_embeddings"] = false,
    };

    public static IEnumerable<SyntheticTensor> Tensors(SyntheticShape shape)
    {
        int d = shape.Width, f = shape.FeedForward;
        yield return new(TransformerTensorNames.Embedding, "token_embd.weight", shape.Vocabulary, d);
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            TransformerTensorNames.LayerNames names = TransformerTensorNames.Layer(layer);
            string block = $"blk.{layer}.";
            yield return new(names.AttentionNorm, block + "attn_norm.weight", 1, d) { IsNorm = true };
            yield return new(names.Query, block + "attn_q.weight", d, d) { RotaryHeads = shape.Heads };
            yield return new(names.Key, block + "attn_k.weight", d, d) { RotaryHeads = shape.Heads };
            yield return new(names.Value, block + "attn_v.weight", d, d);
            yield return new(names.Output, block + "attn_output.weight", d, d);
            yield return new(names.FeedForwardNorm, block + "ffn_norm.weight", 1, d) { IsNorm = true };
            yield return new(names.FeedForwardGate, block + "ffn_gate.weight", f, d);
            yield return new(names.FeedForwardUp, block + "ffn_up.weight", f, d);
            yield return new(names.FeedForwardDown, block + "ffn_down.weight", d, f);
        }

        yield return new(TransformerTensorNames.FinalNorm, "output_norm.weight", 1, d) { IsNorm = true };
        yield return new(TransformerTensorNames.Head, "output.weight", shape.Vocabulary, d);
    }
}
