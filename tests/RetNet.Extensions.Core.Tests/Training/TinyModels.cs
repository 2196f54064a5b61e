using System.Text.Json;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Core.Tests.Training;

/// <summary>Models that train in milliseconds: one layer, width 16, 12 tokens.</summary>
internal static class TinyModels
{
    public const int Vocabulary = 12;

    private const string RetNetJson = """
        {"model_type":"retnet","hidden_size":16,"num_heads":2,"num_hidden_layers":1,"intermediate_size":24,"vocab_size":12,
        "tie_word_embeddings":true}
        """;

    private const string LlamaJson = """
        {"model_type":"llama","hidden_size":16,"num_attention_heads":2,"num_hidden_layers":1,"intermediate_size":24,"vocab_size":12,
        "max_position_embeddings":64}
        """;

    public static TrainableModel RetNet(int seed = 1) =>
        TrainableModel.Create(RetNetConfiguration.Parse(JsonDocument.Parse(RetNetJson).RootElement, "config.json"), seed, threads: 1);

    public static TrainableModel Llama(int seed = 1) =>
        TrainableModel.Create(TransformerConfiguration.Parse(JsonDocument.Parse(LlamaJson).RootElement, "config.json"), seed, threads: 1);

    /// <summary>A text that can be learned: a cycle of some tokens with a few random ones between.</summary>
    public static int[] Text(int length, int seed = 1)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, length).Select(i => random.Next(10) == 0 ? random.Next(Vocabulary) : i % 7)];
    }

    /// <summary>All weights, bit by bit.</summary>
    public static int[] Bits(IEnumerable<Parameter> parameters) =>
        [.. parameters.SelectMany(parameter => parameter.Values.ToArray()).Select(BitConverter.SingleToInt32Bits)];
}
