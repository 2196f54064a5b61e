using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.Core.Tests.Generation;

/// <summary>States that a scheduler keeps go on in another scheduler.</summary>
public sealed class KeptStateTests : IDisposable
{
    private readonly SyntheticModel _fla = SyntheticModel.Fla();
    private readonly SyntheticModel _llama = SyntheticModel.Llama();

    public static TheoryData<bool, StateOptions> Kinds => new()
    {
        { true, StateOptions.Default },
        { true, new StateOptions { Format = Core.Formats.StateFormat.BFloat16 } },
        { false, StateOptions.Default },
        { false, new StateOptions { Policy = new Tova(8) } },
        { false, new StateOptions { Policy = new Window(8), PromptChunk = 5 } },
        { false, new StateOptions { Policy = new Sinks(3, 8), PromptChunk = 0 } },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_next_text_is_the_one_that_the_whole_prompt_gives(bool retnet, StateOptions state)
    {
        LanguageModel model = (retnet ? _fla : _llama).Model;
        GenerationRequest first = Request(SyntheticModel.Tokens(30, seed: 1), state);
        using MemoryStream saved = new();
        int[] prompt;
        await using (BatchScheduler scheduler = new(model))
        {
            GenerationResult said = (await scheduler.GenerateAsync([first]))[0];
            prompt = [.. first.Prompt.ToArray(), .. said.Tokens, .. SyntheticModel.Tokens(9, seed: 2)];
            Assert.False(scheduler.SaveKept(this, SyntheticModel.Tokens(50, seed: 7), state, saved));
            Assert.False(scheduler.SaveKept(this, prompt, state, saved, maxBytes: 100));
            Assert.False(scheduler.SaveKept(new object(), prompt, state, saved));
            Assert.Equal(0, saved.Length);
            Assert.True(scheduler.SaveKept(this, prompt, state, saved));
        }

        saved.Position = 0;
        await using BatchScheduler next = new(model);
        object owner = new();
        Assert.True(next.RestoreKept(owner, saved));
        Assert.Equal(saved.Length, saved.Position);
        Assert.True(next.KeptStateBytes > 0);
        GenerationRequest request = Request(prompt, state);
        using ScheduledGeneration generation = await next.EnqueueAsync(request with { KeepFor = owner });

        GenerationResult expected = new Generator(model).Generate(request);
        Assert.Equal(expected.Tokens, (await generation.Result).Tokens);
        Assert.InRange(generation.CachedTokens, 20, prompt.Length - 1);
        next.Forget(owner);
        Assert.Equal(0, next.KeptStateBytes);
        saved.Position = 0;
        Assert.False(next.RestoreKept(owner, saved));
    }

    [Fact]
    public async Task A_scheduler_without_room_says_so()
    {
        byte[] saved = await SaveAsync(StateOptions.Default);
        await using BatchScheduler scheduler = new(_llama.Model, options: new() { KeptStateBytes = 100 });

        Assert.False(scheduler.RestoreKept(this, new MemoryStream(saved)));
        Assert.Equal(0, scheduler.KeptStateBytes);
    }

    [Fact]
    public async Task A_policy_of_the_application_is_not_saved()
    {
        using GatePolicy own = new();
        own.Open.Set();
        StateOptions state = new() { Policy = own };
        await using BatchScheduler scheduler = new(_llama.Model);
        GenerationRequest request = Request(SyntheticModel.Tokens(6), state);
        await scheduler.GenerateAsync([request]);

        Assert.False(scheduler.SaveKept(this, SyntheticModel.Tokens(6), state, new MemoryStream()));
    }

    [Fact]
    public async Task Damage_is_noticed_at_every_byte_and_length()
    {
        byte[] saved = await SaveAsync(new StateOptions { Policy = new Tova(8) });
        await using BatchScheduler scheduler = new(_llama.Model);
        Random random = new(3);
        for (int i = 0; i < 300; i++)
        {
            byte[] damaged = [.. saved];
            damaged[i < 200 ? i : random.Next(saved.Length)] ^= (byte)random.Next(1, 256);
            Assert.Throws<InvalidDataException>(() => scheduler.RestoreKept(this, new MemoryStream(damaged)));
            Assert.Throws<InvalidDataException>(() => scheduler.RestoreKept(
                this, new MemoryStream(saved[..random.Next(saved.Length)])));
        }

        Assert.Equal(0, scheduler.KeptStateBytes);
    }

    [Fact]
    public async Task A_head_that_lies_is_refused_although_its_checksum_is_right()
    {
        using SequenceState state = _llama.Model.CreateState();
        SyntheticModel.Feed(state, SyntheticModel.Tokens(9));
        await using BatchScheduler scheduler = new(_llama.Model);
        Refused("8 tokens beside a state that has seen 9", new KeptState(new int[8], StateOptions.Default, default, state));
        Refused("token 50, expected 0 to 49", new KeptState([.. Enumerable.Repeat(50, 9)], StateOptions.Default, default, state));
        Refused("cut after -1", new KeptState(new int[9], StateOptions.Default, new InputPart(-1, 0), state));
        Refused("rows in a layer", new KeptState(
            new int[9], new StateOptions { Policy = new Window(2), PromptChunk = 3 }, default, state));
        Refused("chunks of -7", new KeptState(new int[9], new StateOptions { RetentionChunk = -7 }, default, state));

        void Refused(string says, KeptState lie)
        {
            using MemoryStream stream = new();
            lie.Write(stream);
            stream.Position = 0;
            Assert.Contains(says, Assert.Throws<InvalidDataException>(() => scheduler.RestoreKept(this, stream)).Message,
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Another_models_state_is_refused()
    {
        byte[] saved = await SaveAsync(StateOptions.Default);
        await using BatchScheduler scheduler = new(_fla.Model);

        Assert.Contains("of a model of another shape", Assert.Throws<InvalidDataException>(
            () => scheduler.RestoreKept(this, new MemoryStream(saved))).Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _fla.Dispose();
        _llama.Dispose();
    }

    private async Task<byte[]> SaveAsync(StateOptions state)
    {
        await using BatchScheduler scheduler = new(_llama.Model);
        GenerationRequest request = Request(SyntheticModel.Tokens(30, seed: 1), state);
        GenerationResult said = (await scheduler.GenerateAsync([request]))[0];
        using MemoryStream saved = new();
        Assert.True(scheduler.SaveKept(this, (int[])[.. request.Prompt.Span, .. said.Tokens, 1], state, saved));
        return saved.ToArray();
    }

    private GenerationRequest Request(int[] prompt, StateOptions state) =>
        new(prompt, new GenerationOptions { MaxTokens = 12, StopTokens = [], Sampling = SamplingOptions.Greedy, State = state })
        {
            KeepFor = this,
            KeepPrompt = true,
        };
}
