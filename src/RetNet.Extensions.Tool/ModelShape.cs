using System.Text.Json;
using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Tool;

/// <summary>The dimensions of a model that is trained from scratch. At equal dimensions a RetNet and a Llama have about as many parameters:
/// 12 d² per block.</summary>
/// <param name="Architecture">retnet or llama.</param>
/// <param name="Width">Model width d.</param>
/// <param name="Layers">Number of blocks.</param>
/// <param name="Heads">Number of heads.</param>
/// <param name="Context">Tokens that the model is trained on at once.</param>
internal sealed record ModelShape(string Architecture, int Width, int Layers, int Heads, int Context)
{
    private const string ConfigurationName = "the new model's config.json";
    private const int FeedForwardMultiple = 8;

    public TrainableModel Create(Tokenizer tokenizer, int seed, int threads)
    {
        if (Width % (2 * Heads) != 0)
            throw new CommandException($"--dim is {Width}; expected a multiple of {2 * Heads}, an even width for each of {Heads} heads.");
        return Architecture == "llama"
            ? TrainableModel.Create(TransformerConfiguration.Parse(Configuration(tokenizer, Llama()), ConfigurationName), seed, threads)
            : TrainableModel.Create(RetNetConfiguration.Parse(Configuration(tokenizer, RetNet()), ConfigurationName), seed, threads);
    }

    private JsonElement Configuration(Tokenizer tokenizer, JsonObject configuration)
    {
        configuration["hidden_size"] = Width;
        configuration["num_hidden_layers"] = Layers;
        configuration["vocab_size"] = tokenizer.VocabularySize;
        configuration["tie_word_embeddings"] = true;
        configuration["max_position_embeddings"] = Context;
        configuration["bos_token_id"] = tokenizer.BeginningOfSequenceId;
        configuration["eos_token_id"] = tokenizer.EndOfSequenceId;
        configuration["pad_token_id"] = tokenizer.PaddingId;
        return JsonElement.Parse(configuration.ToJsonString());
    }

    // Retention has 8 d² parameters (values are twice as wide), which leaves 4 d².
    private JsonObject RetNet() => new()
    {
        ["model_type"] = "retnet",
        ["num_heads"] = Heads,
        ["intermediate_size"] = FeedForwardWidth(4L * Width),
    };

    // Attention has 4 d² parameters, which leaves 8 d².
    private JsonObject Llama() => new()
    {
        ["model_type"] = "llama",
        ["num_attention_heads"] = Heads,
        ["rms_norm_eps"] = 1e-6,
        ["intermediate_size"] = FeedForwardWidth(8L * Width),
    };

    private static long FeedForwardWidth(long tripled) =>
        (tripled + (3 * FeedForwardMultiple) - 1) / (3 * FeedForwardMultiple) * FeedForwardMultiple;
}
