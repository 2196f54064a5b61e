using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Models.Transformer.Rotations;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>Writes the config.json of a decoder of the Llama family, which <see cref="TransformerConfiguration.Parse"/> reads
/// back.</summary>
internal static class TransformerConfigurationWriter
{
    public static string Write(TransformerConfiguration c)
    {
        TransformerArchitecture architecture = TransformerArchitecture.Named(c.ModelType)
            ?? throw new InvalidOperationException($"The model type is '{c.ModelType}'; expected {TransformerConfiguration.Expected}.");
        JsonObject json = new()
        {
            ["architectures"] = new JsonArray(architecture.ClassName),
            ["model_type"] = c.ModelType,
            ["hidden_act"] = "silu",
            ["hidden_size"] = c.Width,
            ["intermediate_size"] = c.FeedForwardWidth,
            ["num_hidden_layers"] = c.Layers,
            ["num_attention_heads"] = c.Heads,
            ["num_key_value_heads"] = c.KeyValueHeads,
            ["head_dim"] = c.HeadWidth,
            ["rms_norm_eps"] = c.NormEpsilon,
            ["rope_theta"] = c.RopeTheta,
            ["rope_scaling"] = RopeScaling(c.RotaryScaling),
            ["attention_bias"] = c.OutputBias,
            ["mlp_bias"] = false,
            ["max_position_embeddings"] = c.ContextLength,
            ["vocab_size"] = c.VocabularySize,
            ["bos_token_id"] = c.BosTokenId,
            ["eos_token_id"] = ConfigurationTokens.EndOfSequence(c.EosTokenIds),
            ["pad_token_id"] = c.PadTokenId,
            [TransformerConfigurationReader.TieOption] = c.TieEmbeddings,
            ["torch_dtype"] = "float32",
        };
        architecture.Write(json, c);
        return json.ToJsonString(ConfigurationTokens.Indented);
    }

    private static JsonObject? RopeScaling(RotaryScaling? scaling) => scaling switch
    {
        LinearRotaryScaling linear => new() { ["rope_type"] = "linear", ["factor"] = linear.Factor },
        DynamicRotaryScaling dynamic => new() { ["rope_type"] = "dynamic", ["factor"] = dynamic.Factor },
        DividedRotaryScaling divided => new()
        {
            ["rope_type"] = "longrope",
            ["short_factor"] = Numbers(divided.Divisors),
            ["long_factor"] = Numbers(divided.Divisors),
            ["attention_factor"] = 1,
        },
        LongRotaryScaling both => new()
        {
            ["rope_type"] = "longrope",
            ["short_factor"] = Numbers(both.ShortFactors),
            ["long_factor"] = Numbers(both.LongFactors),
            ["original_max_position_embeddings"] = both.OriginalContextLength,
            ["attention_factor"] = both.Attention,
        },
        YarnRotaryScaling yarn => new()
        {
            ["rope_type"] = "yarn",
            ["factor"] = yarn.Factor,
            ["original_max_position_embeddings"] = yarn.OriginalContextLength,
            ["beta_fast"] = yarn.Fast,
            ["beta_slow"] = yarn.Slow,
            ["truncate"] = yarn.Truncates,
            ["attention_factor"] = yarn.Attention,
        },
        Llama3RotaryScaling llama3 => new()
        {
            ["rope_type"] = "llama3",
            ["factor"] = llama3.Factor,
            ["low_freq_factor"] = llama3.LowFrequencyFactor,
            ["high_freq_factor"] = llama3.HighFrequencyFactor,
            ["original_max_position_embeddings"] = llama3.OriginalContextLength,
        },
        _ => null,
    };

    private static JsonArray Numbers(IReadOnlyList<float> numbers) => new([.. numbers.Select(number => (JsonNode)number)]);
}
