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
        JsonElement configuration = JsonSerializer.SerializeToElement(Configuration(shape));
        RetNetLayout layout = new(RetNetConfiguration.Parse(configuration, "the synthetic config.json"));
        return layout.Weights.Select(weight => SyntheticTensor.Of(weight, ggufName: ""));
    }
}
