using System.Text.Json;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.Core.Tests.Tokenizers;
using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Core.Tests.Generation;

/// <summary>Answers of a schema in the tokens of SentencePiece, where characters that the vocabulary lacks are written byte by
/// byte.</summary>
public sealed class SentencePieceGrammarTests
{
    private const string Schema = """
        {"type": "object", "properties": {
           "sign": {"enum": ["漢字", "a ☃", "😀"]},
           "word": {"type": "string", "pattern": "^[α-ωا-ي]{2,4}$"},
           "count": {"type": "integer", "minimum": 1, "maximum": 99}},
         "required": ["sign", "word", "count"], "additionalProperties": false}
        """;

    [Theory]
    [InlineData("tokenizer-spm-llama2")]
    [InlineData("tokenizer-spm-metaspace")]
    public void An_answer_of_a_schema_parses_and_keeps_it(string name)
    {
        Tokenizer tokenizer = Tokenizer.Load(GoldenTokenizers.File(name));
        using TrainableModel untrained = TrainableModel.Create(TransformerConfiguration.Parse(
            JsonElement.Parse($$"""
                {"model_type":"llama","hidden_size":16,"num_attention_heads":2,"num_hidden_layers":1,"intermediate_size":24,
                "vocab_size":{{tokenizer.VocabularySize}},"max_position_embeddings":512}
                """), "config.json"), seed: 1, threads: 1);
        using LanguageModel model = untrained.ToLanguageModel(new ModelLoadOptions { Threads = 1 });
        Generator generator = new(model, tokenizer);
        Grammar grammar = Grammar.FromJsonSchema(JsonElement.Parse(Schema));
        HashSet<string> bytes = [];

        for (int seed = 0; seed < 20; seed++)
        {
            GenerationOptions options = new()
            {
                MaxTokens = 200,
                Sampling = new SamplingOptions { Temperature = 1, Seed = seed },
                Grammar = grammar,
            };
            GenerationResult result = generator.Generate(new GenerationRequest(tokenizer.Encode("Which?"), options));

            JsonElement answer = JsonElement.Parse(result.Text);
            Assert.Equal(FinishReason.Stop, result.FinishReason);
            Assert.Contains(answer.GetProperty("sign").GetString(), (string[])["漢字", "a ☃", "😀"]);
            Assert.Matches("^[α-ωا-ي]{2,4}$", answer.GetProperty("word").GetString());
            Assert.InRange(answer.GetProperty("count").GetInt32(), 1, 99);
            Assert.Equal(result.Text, tokenizer.Decode([.. result.Tokens]));
            bytes.UnionWith(result.Tokens.Select(token => tokenizer.TokenText(token))
                .Where(token => token.StartsWith("<0x", StringComparison.Ordinal)));
        }

        Assert.NotEmpty(bytes);
    }
}
