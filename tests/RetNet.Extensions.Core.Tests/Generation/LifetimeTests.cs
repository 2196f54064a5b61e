using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Tests.Checkpoints;

namespace RetNet.Extensions.Core.Tests.Generation;

/// <summary>Cancelling, disposing and sharing, from one thread and from several.</summary>
public sealed class LifetimeTests
{
    [Fact]
    public void A_cancelled_token_ends_a_generation_before_it_starts_and_leaves_the_state_alone()
    {
        using SyntheticModel model = SyntheticModel.Fla();
        using SequenceState state = model.Model.CreateState();
        CancellationToken cancelled = new(canceled: true);
        Assert.Throws<OperationCanceledException>(() => new Generator(model.Model).Generate(
            new GenerationRequest(new[] { 1 }, State: state), cancelled));
        Assert.Throws<OperationCanceledException>(() => model.Model.Forward(state, [1], new float[50], cancelled));
        model.Model.Forward(state, [1], new float[50]);
        Assert.Equal(1, state.Position);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Cancelling_within_a_long_prompt_ends_it_and_its_state_refuses_to_go_on(bool retnet)
    {
        using SyntheticModel model = retnet ? SyntheticModel.Fla() : SyntheticModel.Llama();
        using SequenceState state = model.Model.CreateState();
        int[] prompt = SyntheticModel.Tokens(500_000);
        Exception? seen = null;
        while (seen is null)
            seen = CancelOnceBegun(model.Model, state, prompt);
        Assert.IsType<OperationCanceledException>(seen);
        Assert.Contains("left the state incomplete",
            Assert.Throws<InvalidOperationException>(() => model.Model.Forward(state, [1], new float[50])).Message,
            StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => state.Fork());
        Assert.Throws<InvalidOperationException>(() => state.Save(Stream.Null));
        state.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.Model.Forward(state, [1], new float[50]));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void Disposing_model_or_state_while_a_text_is_generated_cancels_it(bool retnet, bool disposeModel)
    {
        for (int round = 0; round < 25; round++)
        {
            using SyntheticModel model = retnet ? SyntheticModel.Fla(threads: 2, width: 64) : SyntheticModel.Llama(threads: 2, width: 64);
            using SequenceState state = model.Model.CreateState();
            using ManualResetEventSlim started = new();
            Exception? seen = null;
            Thread thread = new(() =>
            {
                Generator generator = new(model.Model);
                using Completion completion = generator.Start(
                    new GenerationRequest(SyntheticModel.Tokens(5), new GenerationOptions { MaxTokens = int.MaxValue, StopTokens = [] },
                        state));
                seen = Record.Exception(() =>
                {
                    while (generator.Step([completion]) > 0)
                        started.Set();
                });
            });
            thread.Start();
            started.Wait();
            if (round % 2 == 0)
                Thread.SpinWait(round * 2000);
            IDisposable victim = disposeModel ? model.Model : state;
            victim.Dispose();
            Assert.True(thread.Join(TimeSpan.FromSeconds(30)));
            Assert.IsType<OperationCanceledException>(seen);
            Assert.True(disposeModel || state.IsDisposed);
            victim.Dispose();
        }
    }

    [Fact]
    public void A_disposed_model_refuses_new_work_and_its_states_can_still_be_disposed()
    {
        using SyntheticModel model = SyntheticModel.Llama();
        SequenceState state = model.Model.CreateState();
        model.Model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.Model.CreateState());
        Assert.Throws<ObjectDisposedException>(() => model.Model.Forward(state, [1], new float[50]));
        Assert.Throws<ObjectDisposedException>(() => model.Model.RestoreState(Stream.Null));
        state.Dispose();
        state.Dispose();
    }

    [Fact]
    public void Two_forwards_at_once_on_one_state_are_refused()
    {
        using SyntheticModel model = SyntheticModel.Llama();
        using BlockingPolicy policy = new();
        using SequenceState state = model.Model.CreateState(new StateOptions { Policy = policy });
        Thread thread = new(() => model.Model.Forward(state, [1, 2], new float[50]));
        thread.Start();
        policy.Inside.Wait();
        Refused(() => model.Model.Forward(state, [1], new float[50]));
        Refused(() => state.Fork());
        Refused(() => state.Save(Stream.Null));
        policy.Released.Set();
        thread.Join();
        model.Model.Forward(state, [1], new float[50]);
        Assert.Equal(3, state.Position);

        static void Refused(Action action) =>
            Assert.Contains("in use", Assert.Throws<InvalidOperationException>(action).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_of_a_state_that_is_disposed_meanwhile_lives_until_the_forward_ends()
    {
        using SyntheticModel model = SyntheticModel.Llama();
        using BlockingPolicy policy = new();
        SequenceState state = model.Model.CreateState(new StateOptions { Policy = policy });
        Exception? seen = null;
        Thread thread = new(() => seen = Record.Exception(() => model.Model.Forward(state, [1, 2], new float[50])));
        thread.Start();
        policy.Inside.Wait();
        state.Dispose();
        model.Model.Dispose();
        policy.Released.Set();
        thread.Join();
        Assert.IsType<ObjectDisposedException>(seen);
    }

    [Theory]
    [InlineData("retnet-tinystories")]
    [InlineData("llama-tinystories")]
    public void Eight_threads_at_once_get_the_texts_that_each_gets_alone(string name)
    {
        using TextModel model = TextModel.Load(Path.Combine(RepositoryFiles.Models, name), new ModelLoadOptions { Threads = 2 });
        GenerationRequest[] requests = [.. Enumerable.Range(0, 8).Select(i => new GenerationRequest(
            model.Chat.Encode([new ChatTemplateMessage("user", $"Tell me story number {i}.")]),
            model.DefaultOptions with { MaxTokens = 16, Sampling = new SamplingOptions { Seed = i, TopK = 40 } }))];
        string[] alone = [.. requests.Select(request => model.CreateGenerator().Generate(request).Text)];
        string[] together = new string[8];
        Thread[] threads = [.. requests.Select((
            request, i) => new Thread(() => together[i] = model.CreateGenerator().Generate(request).Text))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.Equal(alone, together);
        Assert.InRange(alone.Distinct().Count(), 4, 8);
    }

    /// <summary>Cancels a forward as soon as it has begun; returns null if it was over before that was seen.</summary>
    private static Exception? CancelOnceBegun(LanguageModel model, SequenceState state, int[] prompt)
    {
        using CancellationTokenSource cancellation = new();
        bool isOver = false;
        Thread canceller = new(() =>
        {
            while (state.IsUsable && !Volatile.Read(ref isOver))
                Thread.Yield();
            cancellation.Cancel();
        });
        canceller.Start();
        Exception? seen = Record.Exception(() => model.Forward(state, prompt, new float[50], cancellation.Token));
        Volatile.Write(ref isOver, true);
        canceller.Join();
        return seen;
    }

    /// <summary>Holds a forward up in the middle.</summary>
    private sealed class BlockingPolicy : IMultiStatePolicy, IDisposable
    {
        public ManualResetEventSlim Inside { get; } = new();

        public ManualResetEventSlim Released { get; } = new();

        public string Name => "blocking";

        public StateSize Size => 1;

        public AttentionNeeds Needs => AttentionNeeds.None;

        public void Keep(in MultiStateRows rows, Span<bool> keep)
        {
            Inside.Set();
            Released.Wait();
            keep[0] = true;
        }

        public void Dispose()
        {
            Inside.Dispose();
            Released.Dispose();
        }
    }
}
