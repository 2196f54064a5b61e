using System.Text.Json;
using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;
using RetNet.Extensions.Core.Models.Decoder;
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
        ["tie_word_embeddings"] = shape.IsTied,
    };

    public static IEnumerable<SyntheticTensor> Tensors(SyntheticShape shape)
    {
        JsonElement configuration = JsonSerializer.SerializeToElement(Configuration(shape));
        TransformerLayout layout = new(TransformerConfiguration.Parse(configuration, "the synthetic config.json"));
        foreach (WeightDeclaration weight in layout.Weights)
        {
            string ggufName = GgufTensorNames.Common.InFile(weight.Name);
            SyntheticTensor tensor = SyntheticTensor.Of(weight, ggufName);
            yield return GgufTensorNames.IsRotated(ggufName) ? tensor with { RotaryHeads = shape.Heads } : tensor;
        }
    }

    /// <summary>The tensors of a model with experts (a Mixtral), which is written as a GGUF file only: one of each kind for all experts of
    /// a block, and a router.</summary>
    public static IEnumerable<SyntheticTensor> TensorsWithExperts(SyntheticShape shape)
    {
        foreach (SyntheticTensor tensor in Tensors(shape))
        {
            string[] parts = tensor.GgufName.Split('.');
            bool isOfExpert = parts is ["blk", _, "ffn_gate" or "ffn_up" or "ffn_down", _];
            yield return !isOfExpert ? tensor : tensor with
            {
                GgufName = $"blk.{parts[1]}.{parts[2]}_exps.weight",
                Rows = tensor.Rows * shape.Experts,
                Experts = shape.Experts,
            };
            if (isOfExpert && parts[2] == "ffn_gate")
            {
                string router = $"blk.{parts[1]}.ffn_gate_inp.weight";
                yield return new SyntheticTensor(router, router, shape.Experts, shape.Width) { IsRouter = true };
            }
        }
    }
}
