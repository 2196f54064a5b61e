using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck.Xunit;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.Core.Tests.Tokenizers;
using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.Core.Training;
using Xunit.Abstractions;

namespace RetNet.Extensions.Core.Tests.Grammars.JsonSchemas;

/// <summary>Texts that models of random weights generate under random schemas, in the tokens of every kind of tokenizer, several at once;
/// JsonSchema.Net judges them.</summary>
public class GeneratedTextFuzzTests(ITestOutputHelper output)
{
    // Of all golden tokenizers the first token; texts have no use for it.
    private const int EndToken = 0;

    [Property(MaxTest = 30)]
    public void Texts_parse_and_validate(int seed) => GenerateAsync(seed, texts: 8).GetAwaiter().GetResult();

    /// <summary>As long as RETNET_FUZZ_MINUTES says; not at all where it says nothing.</summary>
    [Fact]
    public async Task As_many_texts_as_there_is_time_for()
    {
        double minutes = double.Parse(Environment.GetEnvironmentVariable("RETNET_FUZZ_MINUTES") ?? "0", CultureInfo.InvariantCulture);
        Stopwatch watch = Stopwatch.StartNew();
        int schemas = 0, ended = 0, texts = 0;
        for (int seed = Environment.TickCount; watch.Elapsed.TotalMinutes < minutes; seed++)
        {
            (int whole, int all) = await GenerateAsync(seed, texts: 64);
            schemas += Math.Sign(all);
            ended += whole;
            texts += all;
        }

        output.WriteLine($"{schemas} schemas, {texts} texts, {ended} of them ended before the largest number of tokens");
    }

    private static async Task<(int Ended, int All)> GenerateAsync(int seed, int texts)
    {
        Random random = new(seed);
        JsonNode schema = new RandomSchemas(random).Schema(depth: 2);
        if (SchemaTexts.TryCompile(schema) is not { } grammar)
            return (0, 0);
        Tokenizer tokenizer = GoldenTokenizers.All[random.Next(GoldenTokenizers.All.Length)];
        using TrainableModel untrained = RandomModel(random, tokenizer.VocabularySize);
        using LanguageModel model = untrained.ToLanguageModel(new ModelLoadOptions { Threads = 1 });
        using BatchScheduler scheduler = new(model, tokenizer);
        int[] prompt = tokenizer.Encode("Which?");
        Dictionary<int, float> bias = Closing(tokenizer);
        IReadOnlyList<GenerationResult> results = await scheduler.GenerateAsync([.. Enumerable.Range(0, texts).Select(text =>
            new GenerationRequest(prompt, new GenerationOptions
            {
                MaxTokens = 150,
                Sampling = new SamplingOptions { Temperature = 1 + (text % 3), Seed = random.Next(), LogitBias = bias },
                StopTokens = [EndToken],
                Grammar = grammar,
            }))]);
        int ended = 0;
        foreach (GenerationResult result in results.Where(result => result.FinishReason == FinishReason.Stop))
        {
            ended++;
            Assert.True(SchemaTexts.IsAllowed(grammar, result.Text), $"{schema.ToJsonString()} of {result.Text}, seed {seed}");
            if (SchemaTexts.TryParse(result.Text, out JsonNode? value) && IsReadAlike(value))
                Assert.True(SchemaTexts.IsValid(schema, value), $"{schema.ToJsonString()} of {result.Text}, seed {seed}");
        }

        return (ended, results.Count);
    }

    /// <summary>Whether JsonSchema.Net reads the strings as the standard does: it takes text elements for their length, not characters, and
    /// its "." matches ends of lines other than \n.</summary>
    private static bool IsReadAlike(JsonNode? value) => Strings(value).All(text =>
        new StringInfo(text).LengthInTextElements == text.EnumerateRunes().Count() && !text.AsSpan().ContainsAny('\r', '\u2028', '\u2029'));

    private static IEnumerable<string> Strings(JsonNode? value) => value switch
    {
        JsonObject members => members.SelectMany(member => Strings(member.Value).Append(member.Key)),
        JsonArray items => items.SelectMany(Strings),
        JsonValue one when one.GetValueKind() == JsonValueKind.String => [one.GetValue<string>()],
        _ => [],
    };

    private static TrainableModel RandomModel(Random random, int vocabulary)
    {
        int seed = random.Next();
        string sizes = $"\"hidden_size\":16,\"num_hidden_layers\":1,\"intermediate_size\":24,\"vocab_size\":{vocabulary}";
        return random.Next(2) == 0
            ? TrainableModel.Create(RetNetConfiguration.Parse(JsonElement.Parse(
                $$"""{"model_type":"retnet","num_heads":2,{{sizes}}}"""), "config.json"), seed, threads: 1)
            : TrainableModel.Create(TransformerConfiguration.Parse(JsonElement.Parse(
                $$"""{"model_type":"llama","num_attention_heads":2,"max_position_embeddings":512,{{sizes}}}"""), "config.json"),
                seed, threads: 1);
    }

    /// <summary>Random weights seldom end a string: tokens that close something, and the end, are twice as likely as all others.</summary>
    private static Dictionary<int, float> Closing(Tokenizer tokenizer)
    {
        int[] closing = [EndToken, .. Enumerable.Range(0, tokenizer.VocabularySize)
            .Where(token => tokenizer.TokenText(token) is ['"' or '}' or ']' or ',', ..])];
        float bias = MathF.Log(2f * tokenizer.VocabularySize / closing.Length);
        return closing.ToDictionary(token => token, _ => bias);
    }
}
