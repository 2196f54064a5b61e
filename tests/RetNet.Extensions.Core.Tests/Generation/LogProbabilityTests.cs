using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.Core.Tests.Generation;

/// <summary>Log probabilities are those of the model's logits, whatever the sampler makes of them.</summary>
public sealed class LogProbabilityTests : IClassFixture<GrammarGenerationTests.EmbeddedModels>
{
    private const int Top = 5;

    private readonly GrammarGenerationTests.EmbeddedModels _models;

    public LogProbabilityTests(GrammarGenerationTests.EmbeddedModels models) => _models = models;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task They_are_the_log_softmax_of_the_logits(bool retnet)
    {
        TextModel model = _models.Get(retnet);
        StateOptions state = new() { Policy = new Tova(24) };
        GenerationRequest request = new(Prompt(model), Options(model) with { State = state });

        GenerationResult alone = model.CreateGenerator().Generate(request);
        GenerationResult inBatch = (await model.Scheduler.GenerateAsync([request, request with { Prompt = Prompt(model).AsMemory(1) }]))[0];

        Assert.Equal(40, alone.LogProbs.Count);
        Assert.Equal(40 * Top, alone.TopLogProbs.Count);
        using SequenceState reads = model.Model.CreateState(state);
        float[] logits = new float[model.Model.Info.VocabularySize];
        model.Model.Forward(reads, Prompt(model), logits);
        for (int i = 0; i < alone.Tokens.Count; i++)
        {
            double[] expected = LogSoftmax(logits);
            Assert.Equal(expected[alone.Tokens[i]], alone.LogProbs[i], 1e-9);
            int[] likeliest = [.. Enumerable.Range(0, expected.Length).OrderByDescending(token => logits[token]).Take(Top)];
            Assert.Equal(likeliest, alone.TopLogProbs.Skip(i * Top).Take(Top).Select(top => top.Token));
            Assert.All(alone.TopLogProbs.Skip(i * Top).Take(Top), top => Assert.Equal(expected[top.Token], top.LogProbability, 1e-9));
            model.Model.Forward(reads, [alone.Tokens[i]], logits);
        }

        Assert.Equal(alone.LogProbs, inBatch.LogProbs);
        Assert.Equal(alone.TopLogProbs, inBatch.TopLogProbs);
    }

    [Fact]
    public async Task A_reader_gets_each_of_them_once_beside_its_token_also_where_text_is_held_back()
    {
        TextModel model = _models.Get(retnet: true);
        GenerationRequest request = new(Prompt(model), Options(model) with { StopStrings = ["day, there was never", "the"] });

        using ScheduledGeneration generation = await model.Scheduler.EnqueueAsync(request);
        List<int> tokens = [];
        List<double> logProbs = [];
        List<(int Token, double LogProbability)> top = [];
        while (await generation.ReadAsync())
        {
            Assert.Equal(generation.Tokens.Length, generation.LogProbs.Length);
            tokens.AddRange(generation.Tokens);
            logProbs.AddRange(generation.LogProbs);
            top.AddRange(generation.TopLogProbs);
        }

        GenerationResult result = await generation.Result;
        Assert.Equal(result.Tokens, tokens);
        Assert.Equal(result.LogProbs, logProbs);
        Assert.Equal(result.TopLogProbs, top);
    }

    [Fact]
    public void A_grammar_leaves_what_is_likely_among_the_tokens_that_may_follow()
    {
        TextModel model = _models.Get(retnet: false);
        Grammar grammar = Grammar.FromRegex("The (cat|dog) is (big|small)\\.");

        GenerationResult result = model.CreateGenerator().Generate(new GenerationRequest(
            Prompt(model), Options(model) with { Grammar = grammar, TopLogProbs = GenerationOptions.LargestTopLogProbs }));

        const int most = GenerationOptions.LargestTopLogProbs;
        Assert.Equal(result.Tokens.Count, result.LogProbs.Count);
        Assert.Contains(0, result.LogProbs);
        Assert.Contains(result.LogProbs, logProb => logProb < 0);
        for (int i = 0; i < result.Tokens.Count; i++)
        {
            List<(int Token, double LogProbability)> may = [.. result.TopLogProbs.Skip(i * most).Take(most).Where(top => top.Token >= 0)];
            Assert.InRange(may.Count, 1, most - 1);
            Assert.Equal(1, may.Sum(top => Math.Exp(top.LogProbability)), 1e-9);
            Assert.Contains((result.Tokens[i], result.LogProbs[i]), may);
        }
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 0)]
    [InlineData(false, 32)]
    public async Task Those_of_a_prompt_are_the_log_softmax_of_the_logits_before_each_token(bool retnet, int chunk)
    {
        TextModel model = _models.Get(retnet);
        int[] prompt = model.Tokenizer.Encode(string.Join(' ', Enumerable.Repeat("Once upon a time a dog had a red ball.", 40)));
        StateOptions state = new() { Policy = new Tova(24), PromptChunk = chunk };
        GenerationRequest plain = new(prompt, Options(model) with { State = state });
        GenerationRequest request = plain with { Options = plain.Options! with { PromptLogProbs = true } };

        GenerationResult expected = model.CreateGenerator().Generate(plain);
        GenerationResult alone = model.CreateGenerator().Generate(request);
        IReadOnlyList<GenerationResult> together = await model.Scheduler.GenerateAsync(
            [request with { PrefixLength = 50 }, plain with { PrefixLength = 50 }, request with { PrefixLength = 50 }]);

        using SequenceState reads = model.Model.CreateState(state);
        int vocabulary = model.Model.Info.VocabularySize;
        float[] logits = new float[prompt.Length * vocabulary];
        model.Model.Forward(new ForwardBatch([new SequenceInput(reads, prompt.Length)], prompt, ForwardOutput.AllLogits), logits);
        Assert.Equal(prompt.Length, alone.PromptLogProbs.Count);
        Assert.Equal(prompt.Length * Top, alone.PromptTopLogProbs.Count);
        Assert.Equal(double.NaN, alone.PromptLogProbs[0]);
        Assert.All(alone.PromptTopLogProbs.Take(Top), top => Assert.Equal(-1, top.Token));
        for (int i = 1; i < prompt.Length; i++)
        {
            double[] place = LogSoftmax(logits[((i - 1) * vocabulary)..(i * vocabulary)]);
            Assert.Equal(place[prompt[i]], alone.PromptLogProbs[i], 1e-9);
            Assert.Equal(place.Max(), alone.PromptTopLogProbs[i * Top].LogProbability, 1e-9);
        }

        Assert.Equal(expected.Tokens, alone.Tokens);
        Assert.Equal(expected.LogProbs, alone.LogProbs);
        Assert.All(together, result => Assert.Equal(expected.Tokens, result.Tokens));
        Assert.Empty(together[1].PromptLogProbs);
        Assert.Equal(alone.PromptLogProbs, together[0].PromptLogProbs);
        Assert.Equal(alone.PromptTopLogProbs, together[2].PromptTopLogProbs);
    }

    [Fact]
    public async Task A_prompt_whose_log_probabilities_are_wanted_goes_on_from_no_state()
    {
        TextModel model = _models.Get(retnet: true);
        GenerationOptions options = Options(model) with { PromptLogProbs = true };

        Assert.Contains("TopLogProbs", Assert.Throws<ArgumentException>(
            (options with { TopLogProbs = null }).Validate).Message, StringComparison.Ordinal);
        Assert.Contains("KeepFor", (await Assert.ThrowsAsync<ArgumentException>(() => model.Scheduler.EnqueueAsync(
            new GenerationRequest(Prompt(model), options) { KeepFor = this }).AsTask())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_option_there_are_none()
    {
        TextModel model = _models.Get(retnet: true);
        GenerationResult result = model.CreateGenerator().Generate(
            new GenerationRequest(Prompt(model), Options(model) with { TopLogProbs = null }));

        Assert.Empty(result.LogProbs);
        Assert.Empty(result.TopLogProbs);
        foreach (int wrong in (ReadOnlySpan<int>)[-1, 21])
        {
            Assert.Contains($"TopLogProbs is {wrong}; expected 0 to 20", Assert.Throws<ArgumentException>(
                new GenerationOptions { TopLogProbs = wrong }.Validate).Message, StringComparison.Ordinal);
        }
    }

    private static int[] Prompt(TextModel model) => model.Chat.Encode([new ChatTemplateMessage("user", "Tell me a story about a cat.")]);

    private static GenerationOptions Options(TextModel model) => model.DefaultOptions with
    {
        MaxTokens = 40,
        StopTokens = [],
        TopLogProbs = Top,
        Sampling = new SamplingOptions { Temperature = 1.3f, TopK = 40, RepetitionPenalty = 1.2f, Seed = 5 },
    };

    private static double[] LogSoftmax(float[] logits)
    {
        double largest = logits.Max();
        double sum = logits.Sum(logit => Math.Exp(logit - largest));
        return [.. logits.Select(logit => logit - largest - Math.Log(sum))];
    }
}
