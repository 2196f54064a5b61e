using System.Text.Json.Nodes;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>Writes the config.json of a decoder of the Llama family, which <see cref="TransformerConfiguration.Parse"/> reads
/// back.</summary>
internal static class TransformerConfigurationWriter
{
    public static string Write(TransformerConfiguration c)
    {
        JsonObject json = new()
        {
            ["architectures"] = new JsonArray(ClassName(c.ModelType)),
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
            ["tie_word_embeddings"] = c.TieEmbeddings,
            ["torch_dtype"] = "float32",
        };
        AddWindow(json, c);
        return json.ToJsonString(ConfigurationTokens.Indented);
    }

    private static string ClassName(string modelType) => modelType switch
    {
        "mistral" => "MistralForCausalLM",
        "qwen2" => "Qwen2ForCausalLM",
        "qwen3" => "Qwen3ForCausalLM",
        _ => "LlamaForCausalLM",
    };

    private static JsonObject? RopeScaling(RotaryScaling? scaling) => scaling switch
    {
        LinearRotaryScaling linear => new() { ["rope_type"] = "linear", ["factor"] = linear.Factor },
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

    // Mistral's window holds for every layer; Qwen's for those that layer_types names.
    private static void AddWindow(JsonObject json, TransformerConfiguration c)
    {
        int? window = c.SlidingWindows.FirstOrDefault(layer => layer is not null);
        if (c.ModelType == "mistral")
        {
            json["sliding_window"] = window;
        }
        else if (c.ModelType is "qwen2" or "qwen3")
        {
            json["use_sliding_window"] = window is not null;
            json["sliding_window"] = window;
            json["layer_types"] =
                new JsonArray([.. c.SlidingWindows.Select(layer => (JsonNode)(layer is null ? "full_attention" : "sliding_attention"))]);
            if (window is not null)
                json["max_window_layers"] = 0;
        }
    }
}
