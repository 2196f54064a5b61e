using FsCheck.Xunit;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;
using RetNet.Extensions.Core.Tests.Models.Transformer;

namespace RetNet.Extensions.Core.Tests.Generation;

/// <summary>A text is the same with guessed tokens and without, bit for bit, and so is the state after it.</summary>
public sealed class PromptLookupGenerationTests : IClassFixture<GrammarGenerationTests.EmbeddedModels>, IDisposable
{
    private readonly GrammarGenerationTests.EmbeddedModels _models;
    private readonly SyntheticModel _fla = SyntheticModel.Fla();
    private readonly SyntheticModel _llama = SyntheticModel.Llama(threads: 2);
    private readonly SyntheticModel _mistral = SyntheticModel.Llama(slidingWindow: 20);

    public PromptLookupGenerationTests(GrammarGenerationTests.EmbeddedModels models) => _models = models;

    public static TheoryData<bool, string, int> Texts
    {
        get
        {
            TheoryData<bool, string, int> texts = [];
            foreach (int kind in (ReadOnlySpan<int>)[0, 1, 2, 3])
            {
                texts.Add(true, "full", kind);
                foreach (string policy in (ReadOnlySpan<string>)["full", "tova", "window", "h2o"])
                    texts.Add(false, policy, kind);
            }

            return texts;
        }
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public async Task Grammars_stop_strings_and_penalties_give_the_same_text(bool retnet, string policy, int kind)
    {
        TextModel model = _models.Get(retnet);
        int[] prompt = model.Tokenizer.Encode("Tom has a red ball. Tom has a red car. Tom has a red hat. Tom has a red");
        for (int seed = 0; seed < 2; seed++)
        {
            GenerationOptions options = new()
            {
                MaxTokens = 80,
                PromptLookupTokens = 8,
                Grammar = kind switch
                {
                    0 => Grammar.Json(),
                    1 => Grammar.FromRegex("( (ball|car|hat|dog)\\. (Tom|Anna) has a (red|blue)){3,20} end\\."),
                    _ => null,
                },
                StopStrings = kind == 2 ? ["ee", "a re"] : [],
                TopLogProbs = seed % 2 == 0 ? 2 : null,
                Sampling = seed == 0 ? SamplingOptions.Greedy : new SamplingOptions
                {
                    Temperature = 0.4f,
                    Seed = seed,
                    RepetitionPenalty = kind == 3 ? 1.1f : 1,
                    PresencePenalty = kind == 3 ? 0.2f : 0,
                },
                State = new StateOptions { Policy = policy == "full" ? Full.Instance : MultiStatePolicies.Create(policy, 16) },
            };
            GenerationRequest request = new(prompt, options);
            GenerationRequest plain = request with { Options = options with { PromptLookupTokens = 0 } };
            GenerationResult expected = model.CreateGenerator().Generate(plain);
            GenerationResult alone = model.CreateGenerator().Generate(request);
            IReadOnlyList<GenerationResult> together = await model.Scheduler.GenerateAsync([request, request]);

            AssertSame(expected, alone);
            Assert.All(together, result => AssertSame(expected, result));
        }
    }

    [Property(MaxTest = 60)]
    public void Any_request_gives_the_same_text_and_state(int seed)
    {
        Random random = new(seed);
        (LanguageModel model, GenerationOptions options) = Any(random);
        int[] prompt = Prompt(random);

        (GenerationResult expected, byte[] state) = Alone(model, prompt, options with { PromptLookupTokens = 0 });
        (GenerationResult found, byte[] foundState) = Alone(model, prompt, options);

        AssertSame(expected, found);
        Assert.Equal(state, foundState);
        Assert.Equal(0, expected.DraftedTokens);
        Assert.InRange(found.AcceptedTokens, 0, found.DraftedTokens);
    }

    [Property(MaxTest = 15)]
    public void Texts_of_a_batch_are_the_same(int seed)
    {
        Random random = new(seed);
        LanguageModel model = Any(random).Model;
        GenerationRequest[] requests = [.. Enumerable.Range(0, random.Next(2, 8)).Select(_ =>
            new GenerationRequest(Prompt(random), Any(random).Options with { MaxTokens = random.Next(1, 120) }))];

        GenerationResult[] expected = [.. requests.Select(request =>
            Alone(model, request.Prompt.ToArray(), request.Options! with { PromptLookupTokens = 0 }).Result)];
        using BatchScheduler scheduler = new(model, null, new BatchSchedulerOptions { PrefillChunk = 16 });
        IReadOnlyList<GenerationResult> found = scheduler.GenerateAsync(requests).GetAwaiter().GetResult();

        for (int i = 0; i < requests.Length; i++)
            AssertSame(expected[i], found[i]);
    }

    [Fact]
    public void A_text_that_repeats_itself_takes_fewer_steps()
    {
        // What is most likely after a token of these random weights soon comes again.
        GenerationOptions options = new() { MaxTokens = 200, StopTokens = [], PromptLookupTokens = 8 };
        foreach (SyntheticModel synthetic in (ReadOnlySpan<SyntheticModel>)[_fla, _llama, _mistral])
        {
            Generator generator = new(synthetic.Model);
            int[] prompt = [.. Enumerable.Repeat<int[]>([3, 14, 15, 9, 26, 5], 8).SelectMany(tokens => tokens)];
            using Completion completion = generator.Start(new GenerationRequest(prompt, options));
            int steps = 0;
            for (; completion.FinishReason is null; steps++)
                generator.Step([completion]);

            Assert.Equal(200, completion.Tokens.Count);
            Assert.Equal(200 - steps, completion.Accepted);
        }
    }

    public void Dispose()
    {
        _fla.Dispose();
        _llama.Dispose();
        _mistral.Dispose();
    }

    private static int[] Prompt(Random random)
    {
        int[] part = SyntheticModel.Tokens(random.Next(1, 20), random.Next());
        return [.. Enumerable.Range(0, random.Next(1, 12)).SelectMany(_ => part.AsSpan(random.Next(part.Length)).ToArray())];
    }

    private static (GenerationResult Result, byte[] State) Alone(LanguageModel model, int[] prompt, GenerationOptions options)
    {
        using SequenceState state = model.CreateState(options.State);
        GenerationResult result = new Generator(model).Generate(new GenerationRequest(prompt, options, state));
        return (result, SyntheticModel.Save(state));
    }

    private static void AssertSame(GenerationResult expected, GenerationResult found)
    {
        Assert.Equal(expected.Tokens, found.Tokens);
        Assert.Equal(expected.Text, found.Text);
        Assert.Equal(expected.FinishReason, found.FinishReason);
        Assert.Equal(expected.LogProbs, found.LogProbs);
        Assert.Equal(expected.TopLogProbs, found.TopLogProbs);
    }

    private (LanguageModel Model, GenerationOptions Options) Any(Random random)
    {
        int size = random.Next(2) == 0 ? 24 : random.Next(1, 60);
        IMultiStatePolicy[] policies =
            [Full.Instance, new Window(size), new Sinks(4, size), new H2O(size), new Tova(size), new EveryOther(size)];
        SyntheticModel[] models = [_fla, _llama, _mistral];
        return (models[random.Next(models.Length)].Model, new GenerationOptions
        {
            MaxTokens = random.Next(1, 250),
            StopTokens = random.Next(2) == 0 ? [] : [2, 7],
            TopLogProbs = random.Next(3) == 0 ? random.Next(4) : null,
            PromptLookupTokens = random.Next(1, 1 + GenerationOptions.LargestPromptLookup),
            State = new StateOptions
            {
                Policy = policies[random.Next(policies.Length)],
                Form = (RetentionForm)random.Next(3),
                Format = (StateFormat)random.Next(2),
            },
            Sampling = new SamplingOptions
            {
                Temperature = random.Next(3) * 0.15f,
                TopK = random.Next(2) * 5,
                TopP = random.Next(2) == 0 ? 1 : 0.8f,
                RepetitionPenalty = random.Next(3) == 0 ? 1.05f : 1,
                FrequencyPenalty = random.Next(3) == 0 ? 0.02f : 0,
                Seed = random.Next(),
            },
        });
    }
}
