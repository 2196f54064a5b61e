using FsCheck.Xunit;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.Core.Tests.Generation;

/// <summary>Whatever joins, leaves or is reused: the tokens and the final state of a request are bit for bit those that it has
/// alone.</summary>
public sealed class BatchSchedulerBitsTests : IDisposable
{
    private static readonly int[] SharedPrefix = SyntheticModel.Tokens(300, seed: 99);

    private readonly SyntheticModel _fla = SyntheticModel.Fla();
    private readonly SyntheticModel _torchScale = SyntheticModel.TorchScale(chunk: 48);
    private readonly SyntheticModel _llama = SyntheticModel.Llama();
    private readonly SyntheticModel _mistral = SyntheticModel.Llama(slidingWindow: 40);

    [Property(MaxTest = 4)]
    public void Random_arrivals_change_no_bit(int seed)
    {
        Random random = new(seed);
        foreach (LanguageModel model in (ReadOnlySpan<LanguageModel>)[_fla.Model, _torchScale.Model, _llama.Model, _mistral.Model])
            AssertSameBits(model, random).GetAwaiter().GetResult();
    }

    [Theory]
    [InlineData("full", 0, 150)]
    [InlineData("tova", 0, 150)]
    [InlineData("h2o", 300, 256)]
    [InlineData("retnet", 0, 128)]
    public async Task A_prefix_is_computed_once(string memory, int promptChunk, int expected)
    {
        LanguageModel model = memory == "retnet" ? _fla.Model : _llama.Model;
        StateOptions state = new()
        {
            Policy = memory switch { "tova" => new Tova(20), "h2o" => new H2O(20), _ => Full.Instance },
            PromptChunk = promptChunk == 0 ? null : promptChunk
        };
        int length = memory == "h2o" ? 270 : 150;
        GenerationRequest[] requests = [.. Enumerable.Range(0, 4).Select(i => new GenerationRequest(
            Join(SharedPrefix.AsSpan(0, length), SyntheticModel.Tokens(20 + (30 * i), seed: i)),
            new GenerationOptions { MaxTokens = 8, StopTokens = [], State = state,
                Sampling = SamplingOptions.Greedy }) { PrefixLength = length })];
        await using BatchScheduler scheduler = new(model, options: new() { PrefillChunk = 40 });

        ScheduledGeneration[] together = [await scheduler.EnqueueAsync(requests[0]), await scheduler.EnqueueAsync(requests[1]),
            await scheduler.EnqueueAsync(requests[2])];
        GenerationResult[] results = await Task.WhenAll(together.Select(one => one.Result));
        ScheduledGeneration later = await scheduler.EnqueueAsync(requests[3] with { PrefixLength = 0 });
        results = [.. results, await later.Result];

        // A RetNet's state is kept at the end of a chunk, that of a policy that sums attention at the end of a block.
        Assert.Equal([0, expected, expected, expected], together.Append(later).Select(one => one.CachedTokens));
        Assert.Equal(requests.Select(request => new Generator(model).Generate(request).Tokens), results.Select(result => result.Tokens));
    }

    [Theory]
    [InlineData(StateFormat.Float32)]
    [InlineData(StateFormat.BFloat16)]
    public async Task A_turn_on_a_state_of_the_caller_or_its_fork_gets_the_bits_that_it_has_alone(StateFormat format)
    {
        int[] before = SyntheticModel.Tokens(60, seed: 1);
        GenerationOptions options = new()
        {
            MaxTokens = 20,
            StopTokens = [],
            State = new StateOptions { Format = format },
            Sampling = SamplingOptions.Greedy with { RepetitionPenalty = 3 },
        };
        foreach (LanguageModel model in (LanguageModel[])[_fla.Model, _llama.Model])
        {
            using SequenceState state = model.CreateState(options.State);
            SyntheticModel.Feed(state, before);
            using SequenceState fork = state.Fork();
            using SequenceState alone = state.Fork();
            using SequenceState forgetful = state.Fork();
            GenerationRequest turn = new(SyntheticModel.Tokens(9, seed: 2), options, state) { Context = before };
            GenerationResult expected = new Generator(model).Generate(turn with { State = alone });
            await using BatchScheduler scheduler = new(model);

            IReadOnlyList<GenerationResult> results = await scheduler.GenerateAsync([turn, turn with { State = fork },
                turn with { State = null, Context = default }]);

            Assert.All(results.Take(2), result => Assert.Equal(expected.Tokens, result.Tokens));
            Assert.Equal(SyntheticModel.Save(alone), SyntheticModel.Save(state));
            Assert.Equal(SyntheticModel.Save(alone), SyntheticModel.Save(fork));

            // What was said in earlier turns counts as repeated.
            Assert.NotEqual(expected.Tokens, new Generator(model).Generate(turn with { State = forgetful, Context = default }).Tokens);
        }
    }

    [Fact]
    public async Task A_state_is_not_reused_where_a_policy_cuts_the_prompts_differently()
    {
        StateOptions state = new() { Policy = new Tova(20) };
        GenerationRequest Request(int rest) => new(
            Join(SyntheticModel.Tokens(520, seed: 5), SyntheticModel.Tokens(rest)),
            new GenerationOptions { MaxTokens = 4, StopTokens = [], State = state })
        { PrefixLength = 520 };
        await using BatchScheduler scheduler = new(_llama.Model);
        foreach ((int rest, int cached) in new[] { (10, 0), (1540, 0), (20, 520) })
        {
            using ScheduledGeneration generation = await scheduler.EnqueueAsync(Request(rest));
            GenerationResult result = await generation.Result;
            Assert.Equal((rest, cached), (rest, generation.CachedTokens));
            Assert.Equal(new Generator(_llama.Model).Generate(Request(rest)).Tokens, result.Tokens);
        }
    }

    public void Dispose()
    {
        _fla.Dispose();
        _torchScale.Dispose();
        _llama.Dispose();
        _mistral.Dispose();
    }

    private static async Task AssertSameBits(LanguageModel model, Random random)
    {
        GenerationRequest[] requests = [.. Enumerable.Range(0, 6).Select(_ => RandomRequest(model, random))];
        await using BatchScheduler scheduler = new(
            model, options: new()
            {
                MaxBatch = random.Next(1, 6),
                PrefillChunk = random.Next(1, 200),
                KeptStateBytes = random.Next(2) << 20
            });
        ScheduledGeneration[] generations = new ScheduledGeneration[requests.Length];
        for (int i = 0; i < requests.Length; i++)
        {
            generations[i] = await scheduler.EnqueueAsync(requests[i] with { KeepState = true });
            if (random.Next(3) == 0)
                await generations[random.Next(i + 1)].ReadAsync();
            if (random.Next(6) == 0)
                (await scheduler.EnqueueAsync(RandomRequest(model, random))).Dispose();
        }

        for (int i = 0; i < requests.Length; i++)
        {
            using SequenceState alone = model.CreateState(requests[i].Options!.State);
            GenerationResult expected = new Generator(model).Generate(requests[i] with { State = alone });
            GenerationResult result = await generations[i].Result;
            Assert.Equal(expected.Tokens, result.Tokens);
            Assert.Equal(expected.FinishReason, result.FinishReason);
            using SequenceState state = generations[i].TakeState();
            Assert.Equal(SyntheticModel.Save(alone), SyntheticModel.Save(state));
            generations[i].Dispose();
        }
    }

    private static int[] Join(ReadOnlySpan<int> first, ReadOnlySpan<int> second) => [.. first, .. second];

    private static GenerationRequest RandomRequest(LanguageModel model, Random random)
    {
        IMultiStatePolicy[] policies = [Full.Instance, new Tova(20), new H2O(20), new Window(20), new Sinks(4, 20)];
        int[] prompt = SyntheticModel.Tokens(1 + random.Next(random.Next(4) == 0 ? 400 : 40), random.Next());
        int prefix = random.Next(2) * random.Next(1, SharedPrefix.Length);
        return new GenerationRequest(
            Join(SharedPrefix.AsSpan(0, prefix), prompt),
            new GenerationOptions
            {
                MaxTokens = random.Next(1, 20),
                StopTokens = [7],
                Sampling = random.Next(2) == 0
                    ? SamplingOptions.Greedy
                    : new SamplingOptions { Seed = random.Next(), TopK = 20, RepetitionPenalty = 1.2f },
                State = new StateOptions
                {
                    Policy = policies[random.Next(policies.Length)],
                    PromptChunk = random.Next(3) switch { 0 => null, 1 => 0, _ => 100 },
                    Form = (RetentionForm)random.Next(3),
                    Format = (StateFormat)random.Next(model.Info.HasConstantState ? 2 : 3),
                },
            })
        { PrefixLength = prefix };
    }
}
