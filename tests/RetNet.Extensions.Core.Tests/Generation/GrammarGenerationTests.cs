using System.Text.Json;
using System.Text.RegularExpressions;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;
using RetNet.Extensions.Core.Tests.Checkpoints;

namespace RetNet.Extensions.Core.Tests.Generation;

/// <summary>Texts that a grammar constrains, by the embedded models, which would write stories.</summary>
public sealed class GrammarGenerationTests : IClassFixture<GrammarGenerationTests.EmbeddedModels>
{
    private const string Date = "The date is (19|20)[0-9]{2}-(0[1-9]|1[0-2])-[0-3][0-9], a (Sun|Mon)day in (spring|summer|autumn)\\.";

    private readonly EmbeddedModels _models;

    public GrammarGenerationTests(EmbeddedModels models) => _models = models;

    public static TheoryData<bool, string, bool> Runs
    {
        get
        {
            TheoryData<bool, string, bool> runs = [];
            foreach (bool greedy in (ReadOnlySpan<bool>)[true, false])
            {
                runs.Add(true, "full", greedy);
                foreach (string policy in (ReadOnlySpan<string>)["full", "tova", "window", "h2o"])
                    runs.Add(false, policy, greedy);
            }

            return runs;
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task A_text_is_one_of_the_grammars_alone_and_in_a_batch(bool retnet, string policy, bool greedy)
    {
        TextModel model = _models.Get(retnet);
        Grammar grammar = Grammar.FromRegex(Date);
        GenerationOptions options = Options(greedy) with { Grammar = grammar, State = State(policy) };

        GenerationResult alone = model.CreateGenerator().Generate(new GenerationRequest(Prompt(model), options));
        GenerationResult inBatch = (await model.Scheduler.GenerateAsync([new GenerationRequest(Prompt(model), options)]))[0];

        Assert.Matches($"^({Date})$", alone.Text);
        Assert.Equal(FinishReason.Stop, alone.FinishReason);
        Assert.Equal(alone.Text, inBatch.Text);
        Assert.Equal(alone.Tokens, inBatch.Tokens);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Any_json_parses_whatever_is_drawn(bool retnet)
    {
        TextModel model = _models.Get(retnet);
        Grammar grammar = Grammar.Json();
        Generator generator = model.CreateGenerator();
        int complete = 0;
        for (int seed = 0; seed < 20; seed++)
        {
            GenerationOptions options = Options(greedy: false, seed) with { Grammar = grammar, MaxTokens = 60 };
            GenerationResult result = generator.Generate(new GenerationRequest(Prompt(model), options));
            if (result.FinishReason == FinishReason.Length)
                continue;
            complete++;
            using JsonDocument _ = JsonDocument.Parse(result.Text);
        }

        Assert.InRange(complete, 1, 20);
    }

    [Fact]
    public async Task Requests_with_and_without_grammars_run_together_as_they_run_alone()
    {
        TextModel model = _models.Get(retnet: true);
        GenerationRequest[] requests =
        [
            .. from seed in Enumerable.Range(0, 4)
               from grammar in (Grammar?[])[null, Grammar.FromRegex(Date), Grammar.FromRegex("(yes|no)[.!]{1,3}")]
               select new GenerationRequest(Prompt(model), Options(greedy: seed == 0, seed) with { Grammar = grammar }),
        ];

        IReadOnlyList<GenerationResult> together = await model.Scheduler.GenerateAsync(requests);

        for (int i = 0; i < requests.Length; i++)
            Assert.Equal(model.CreateGenerator().Generate(requests[i]).Tokens, together[i].Tokens);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_choice_among_few_tokens_is_the_choice_by_all_logits(bool retnet)
    {
        TextModel model = _models.Get(retnet);
        Grammar grammar = Grammar.FromRegex("[0-9]{3}[a-c]{4}(one|two|three)");
        TokenConstraint constraint = new(grammar, new TokenTrie(model.Tokenizer), endTokens: []);

        IReadOnlyList<int> tokens = model.CreateGenerator().Generate(
            new GenerationRequest(Prompt(model), Options(greedy: true) with { Grammar = grammar })).Tokens;

        using SequenceState state = model.Model.CreateState();
        float[] logits = new float[model.Model.Info.VocabularySize];
        ConstrainedText text = constraint.CreateText();
        model.Model.Forward(state, Prompt(model), logits);
        foreach (int token in tokens)
        {
            int[] allowed = [.. Enumerable.Range(0, logits.Length).Where(other => (text.AllowedTokens()[other / 64] >> other & 1) != 0)];
            Assert.True(text.ForcedBytes(new byte[1]) > 0 || token == allowed.MaxBy(other => logits[other]));
            Assert.True(text.TryAppend(token));
            model.Model.Forward(state, [token], logits);
        }

        Assert.True(text.MustEnd);
    }

    [Fact]
    public void A_grammar_of_any_text_changes_no_token()
    {
        TextModel model = _models.Get(retnet: false);
        GenerationOptions options = Options(greedy: false, seed: 3);

        GenerationResult free = model.CreateGenerator().Generate(new GenerationRequest(Prompt(model), options));
        GenerationResult constrained = model.CreateGenerator().Generate(
            new GenerationRequest(Prompt(model), options with { Grammar = Grammar.FromRegex("(.|\\n)*") }));

        Assert.Equal(free.Tokens, constrained.Tokens);
        Assert.Equal(free.FinishReason, constrained.FinishReason);
    }

    [Fact]
    public async Task What_is_streamed_is_the_whole_text_and_all_of_its_tokens()
    {
        TextModel model = _models.Get(retnet: false);
        GenerationOptions options = Options(greedy: true) with { Grammar = Grammar.FromRegex(Date) };
        using ScheduledGeneration generation = await model.Scheduler.EnqueueAsync(new GenerationRequest(Prompt(model), options));
        string text = "";
        List<int> tokens = [];
        while (await generation.ReadAsync())
        {
            text += generation.Text.ToString();
            tokens.AddRange(generation.Tokens);
        }

        GenerationResult result = await generation.Result;
        Assert.Equal(result.Text, text);
        Assert.Equal(result.Tokens, tokens);
    }

    [Fact]
    public void Forced_text_comes_in_one_step_and_in_the_tokenizers_tokens()
    {
        const string forced = "Once upon a time, there was a little girl named Lily.";
        TextModel model = _models.Get(retnet: true);
        Generator generator = model.CreateGenerator();
        GenerationOptions options = Options(greedy: true) with { Grammar = Grammar.FromRegex(Regex.Escape(forced) + " ?") };
        int steps = 0;

        GenerationResult result = generator.Generate(new GenerationRequest(Prompt(model), options), _ => steps++);

        int[] written = [.. model.Tokenizer.Encode(
            "\n" + forced, addSpecialTokens: false).SkipWhile(token => model.Tokenizer.Decode([token]) == "\n")];
        Assert.StartsWith(forced, result.Text, StringComparison.Ordinal);
        Assert.Equal(written, result.Tokens.Take(written.Length));
        Assert.InRange(steps, 1, 3);
    }

    [Fact]
    public void A_long_forced_text_is_forced_to_its_end()
    {
        TextModel model = _models.Get(retnet: false);
        string forced = string.Concat(Enumerable.Range(0, 200).Select(number => $"{number} sheep. "));
        GenerationOptions options = Options(greedy: true) with { Grammar = Grammar.FromRegex(Regex.Escape(forced)), MaxTokens = 4000 };
        int steps = 0;

        GenerationResult result = model.CreateGenerator().Generate(new GenerationRequest(Prompt(model), options), _ => steps++);

        Assert.Equal(forced, result.Text);
        Assert.Equal((1, FinishReason.Stop), (steps, result.FinishReason));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_largest_number_of_tokens_cuts_forced_text_off(int maxTokens)
    {
        TextModel model = _models.Get(retnet: false);
        GenerationOptions options = Options(greedy: true) with { Grammar = Grammar.FromRegex(Date), MaxTokens = maxTokens };

        GenerationResult result = model.CreateGenerator().Generate(new GenerationRequest(Prompt(model), options));

        Assert.Equal((maxTokens, FinishReason.Length), (result.Tokens.Count, result.FinishReason));
        Assert.StartsWith(result.Text, "The date is ", StringComparison.Ordinal);
    }

    [Fact]
    public void A_stop_string_in_forced_text_ends_it()
    {
        TextModel model = _models.Get(retnet: true);
        GenerationOptions options = Options(greedy: true) with { Grammar = Grammar.FromRegex(Date), StopStrings = ["date"] };

        GenerationResult result = model.CreateGenerator().Generate(new GenerationRequest(Prompt(model), options));

        Assert.Equal(("The ", FinishReason.Stop), (result.Text, result.FinishReason));
    }

    [Fact]
    public void A_text_ends_where_the_model_ends_it_only_if_it_is_complete()
    {
        TextModel model = _models.Get(retnet: true);
        int end = model.DefaultOptions.StopTokens![0];
        SamplingOptions eager = SamplingOptions.Greedy with { LogitBias = new Dictionary<int, float> { [end] = 1000 } };
        GenerationOptions options = Options(greedy: true) with { Sampling = eager, Grammar = Grammar.FromRegex("(ab|cd){3,}") };

        GenerationResult result = model.CreateGenerator().Generate(new GenerationRequest(Prompt(model), options));

        Assert.Matches("^(ab|cd){3}$", result.Text);
        Assert.Equal(FinishReason.Stop, result.FinishReason);
    }

    [Fact]
    public void An_empty_text_is_complete_at_once()
    {
        TextModel model = _models.Get(retnet: true);
        GenerationOptions options = Options(greedy: true) with { Grammar = Grammar.FromRegex(""), StopTokens = [] };

        GenerationResult result = model.CreateGenerator().Generate(new GenerationRequest(Prompt(model), options));

        Assert.Equal(("", FinishReason.Stop), (result.Text, result.FinishReason));
    }

    [Fact]
    public void Penalties_count_forced_tokens()
    {
        TextModel model = _models.Get(retnet: true);
        GenerationOptions options = Options(greedy: true) with
        {
            Grammar = Grammar.FromRegex("cat cat cat cat (cat|dog)"),
            Sampling = SamplingOptions.Greedy with { FrequencyPenalty = 1000 },
        };

        Assert.Equal("cat cat cat cat dog", model.CreateGenerator().Generate(new GenerationRequest(Prompt(model), options)).Text);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_conversation_goes_on_behind_a_forced_text(bool retnet)
    {
        TextModel model = _models.Get(retnet);
        object owner = new();
        GenerationOptions options = Options(greedy: true) with { Grammar = Grammar.FromRegex(Date) };
        GenerationResult first = (await model.Scheduler.GenerateAsync([new GenerationRequest(Prompt(model),
            options) { KeepFor = owner }]))[0];
        int[] longer = [.. Prompt(model), .. first.Tokens, .. model.Tokenizer.Encode("And then", addSpecialTokens: false)];

        using ScheduledGeneration second = await model.Scheduler.EnqueueAsync(
            new GenerationRequest(longer, Options(greedy: true)) { KeepFor = owner });
        GenerationResult result = await second.Result;

        Assert.InRange(second.CachedTokens, Prompt(model).Length, longer.Length - 1);
        Assert.Equal(model.CreateGenerator().Generate(new GenerationRequest(longer, Options(greedy: true))).Text, result.Text);
        model.Scheduler.Forget(owner);
    }

    [Fact]
    public void The_state_of_a_request_says_how_much_it_has_seen()
    {
        TextModel model = _models.Get(retnet: true);
        using SequenceState state = model.Model.CreateState();
        GenerationOptions options = Options(greedy: true) with { Grammar = Grammar.FromRegex("It was a dark and stormy night\\.") };

        GenerationResult result = model.CreateGenerator().Generate(new GenerationRequest(Prompt(model), options, state));

        Assert.InRange(state.Position, Prompt(model).Length, Prompt(model).Length + result.Tokens.Count - 1);
    }

    [Fact]
    public void A_grammar_needs_a_tokenizer_and_a_trigger_needs_a_grammar()
    {
        TextModel model = _models.Get(retnet: true);
        GenerationRequest constrained = new(Prompt(model), new GenerationOptions { Grammar = Grammar.Json() });
        GenerationRequest triggered = new(Prompt(model), new GenerationOptions { GrammarTrigger = new() { Texts = ["x"] } });

        Assert.Contains("tokenizer", Assert.Throws<ArgumentException>(() => new Generator(model.Model).Generate(constrained)).Message,
            StringComparison.Ordinal);
        Assert.Contains("Grammar", Assert.Throws<ArgumentException>(() => model.CreateGenerator().Generate(triggered)).Message,
            StringComparison.Ordinal);
    }

    private static int[] Prompt(TextModel model) => model.Chat.Encode([new ChatTemplateMessage("user", "Tell me a story about a dog.")]);

    private static StateOptions State(string policy) => new()
    {
        Policy = policy == "full" ? Full.Instance : MultiStatePolicies.Create(policy, 16, MultiStatePolicies.DefaultSinks),
    };

    private static GenerationOptions Options(bool greedy, long seed = 1) => new()
    {
        MaxTokens = 100,
        Sampling = greedy ? SamplingOptions.Greedy : new SamplingOptions { Seed = seed, TopK = 40, RepetitionPenalty = 1.1f },
    };

    /// <summary>Both models, loaded once.</summary>
    public sealed class EmbeddedModels : IDisposable
    {
        private readonly TextModel _retnet = Load("retnet-tinystories");
        private readonly TextModel _llama = Load("llama-tinystories");

        internal TextModel Get(bool retnet) => retnet ? _retnet : _llama;

        public void Dispose()
        {
            _retnet.Dispose();
            _llama.Dispose();
        }

        private static TextModel Load(string name) =>
            TextModel.Load(Path.Combine(RepositoryFiles.Models, name), new ModelLoadOptions { Threads = 1 });
    }
}
