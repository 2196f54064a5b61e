using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Tests.Generation;

/// <summary>A budget that several schedulers share.</summary>
public sealed class MemoryBudgetTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SyntheticModel _llama = SyntheticModel.Llama();
    private readonly SyntheticModel _fla = SyntheticModel.Fla();
    private readonly GatePolicy _gate = new();

    public void Dispose()
    {
        _gate.Dispose();
        _llama.Dispose();
        _fla.Dispose();
    }

    [Fact]
    public async Task A_request_waits_for_the_sequences_of_another_scheduler()
    {
        GenerationRequest gated = _gate.Request();
        MemoryBudget budget = new(_llama.Model.StateBytes(gated.Options!.State, 5) + _fla.Model.StateBytes(null, 8) - 1);
        await using BatchScheduler first = new(_llama.Model, options: new() { Budget = budget });
        await using BatchScheduler second = new(_fla.Model, options: new() { Budget = budget });
        using ScheduledGeneration running = await first.EnqueueAsync(gated);
        Assert.True(_gate.Inside.Wait(Patience));
        ScheduledGeneration[] waiting = [await second.EnqueueAsync(Request(4)), await second.EnqueueAsync(Request(5))];
        Assert.Equal((0, 2), (second.RunningRequests, second.QueuedRequests));

        _gate.Open.Set();

        await running.Result;
        foreach (ScheduledGeneration generation in waiting)
            Assert.Equal(3, (await generation.Result.WaitAsync(Patience)).Tokens.Count);
    }

    [Fact]
    public async Task Sequences_and_what_is_reserved_beside_them_wait_for_each_other()
    {
        GenerationRequest gated = _gate.Request();
        MemoryBudget budget = new(_llama.Model.StateBytes(gated.Options!.State, 5) + 10);
        await using BatchScheduler scheduler = new(_llama.Model, options: new() { Budget = budget });
        using ScheduledGeneration running = await scheduler.EnqueueAsync(gated);
        Assert.True(_gate.Inside.Wait(Patience));
        using CancellationTokenSource cancellation = new();
        Task<IDisposable> waiting = budget.ReserveAsync(budget.Bytes).AsTask();
        Task<IDisposable> impatient = budget.ReserveAsync(budget.Bytes, cancellation.Token).AsTask();
        Assert.False(waiting.IsCompleted);
        (await budget.ReserveAsync(10)).Dispose();
        Assert.False(waiting.IsCompleted);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        await Assert.ThrowsAsync<StateBudgetException>(() => budget.ReserveAsync(budget.Bytes + 1).AsTask());
        _gate.Open.Set();
        await running.Result;

        IDisposable all = await waiting.WaitAsync(Patience);
        using ScheduledGeneration next = await scheduler.EnqueueAsync(new GenerationRequest(gated.Prompt, gated.Options));
        Assert.Equal((1, 0), (scheduler.QueuedRequests, scheduler.RunningRequests));
        all.Dispose();
        all.Dispose();
        await next.Result.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_request_that_fits_runs_when_a_larger_one_before_it_is_cancelled()
    {
        using SyntheticModel model = SyntheticModel.Llama();
        GenerationRequest gated = _gate.Request();
        long large = model.Model.StateBytes(null, 20 + 3);
        Assert.True(model.Model.StateBytes(null, 4 + 3) < large);
        MemoryBudget budget = new(_llama.Model.StateBytes(gated.Options!.State, 5) + large - 1);
        await using BatchScheduler first = new(_llama.Model, options: new() { Budget = budget });
        await using BatchScheduler second = new(model.Model, options: new() { Budget = budget });
        using ScheduledGeneration running = await first.EnqueueAsync(gated);
        Assert.True(_gate.Inside.Wait(Patience));
        using ScheduledGeneration before = await second.EnqueueAsync(Request(20));
        using ScheduledGeneration waiting = await second.EnqueueAsync(Request(4));
        Assert.Equal((0, 2), (second.RunningRequests, second.QueuedRequests));

        before.Cancel();

        Assert.Equal(3, (await waiting.Result.WaitAsync(Patience)).Tokens.Count);
        _gate.Open.Set();
        await running.Result;
    }

    [Fact]
    public async Task A_scheduler_that_waits_for_room_can_be_disposed()
    {
        GenerationRequest gated = _gate.Request();
        MemoryBudget budget = new(_llama.Model.StateBytes(gated.Options!.State, 5) + _fla.Model.StateBytes(null, 8) - 1);
        await using BatchScheduler first = new(_llama.Model, options: new() { Budget = budget });
        BatchScheduler second = new(_fla.Model, options: new() { Budget = budget });
        using ScheduledGeneration running = await first.EnqueueAsync(gated);
        Assert.True(_gate.Inside.Wait(Patience));
        using ScheduledGeneration waiting = await second.EnqueueAsync(Request(4));
        using ScheduledGeneration cancelled = await second.EnqueueAsync(Request(4));
        cancelled.Cancel();

        await second.DisposeAsync().AsTask().WaitAsync(Patience);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Result);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.Result);
        _gate.Open.Set();
        await running.Result;
    }

    [Fact]
    public async Task Kept_states_of_one_scheduler_make_room_for_another()
    {
        long state = _fla.Model.StateBytes(null, 10);
        MemoryBudget budget = new(3 * state, countsWorkspaces: false);
        await using BatchScheduler first = new(_fla.Model, options: new() { Budget = budget });
        await using BatchScheduler second = new(_fla.Model, options: new() { Budget = budget });
        foreach (int length in (int[])[4, 5, 6])
            await first.GenerateAsync([Request(length) with { KeepFor = this }]);
        Assert.Equal((3 * state, 3 * state), (first.KeptStateBytes, budget.HeldBytes));

        await second.GenerateAsync([Request(7) with { KeepFor = this }]);

        Assert.Equal((2 * state, state), (first.KeptStateBytes, second.KeptStateBytes));
        await second.GenerateAsync([Request(8) with { KeepFor = this }, Request(9) with { KeepFor = this }]);
        Assert.Equal((0, 3 * state, 3 * state), (first.KeptStateBytes, second.KeptStateBytes, budget.HeldBytes));
        await second.DisposeAsync();
        Assert.Equal(0, budget.HeldBytes);
    }

    [Fact]
    public async Task Scratch_memory_takes_room_from_kept_states()
    {
        long state = _fla.Model.StateBytes(null, 10);
        MemoryBudget budget = new(100 * state);
        await using BatchScheduler scheduler = new(_fla.Model, options: new() { Budget = budget });
        await scheduler.GenerateAsync([Request(7) with { KeepFor = this }]);
        Assert.True(_fla.Model.WorkspaceBytes > 0);
        Assert.Equal(_fla.Model.WorkspaceBytes + scheduler.KeptStateBytes, budget.HeldBytes);

        await using BatchScheduler small = new(_fla.Model, options: new() { Budget = new(state + (_fla.Model.WorkspaceBytes / 2)) });
        await small.GenerateAsync([Request(7) with { KeepFor = this }]);
        Assert.Equal(0, small.KeptStateBytes);
    }

    [Fact]
    public async Task Texts_that_are_scored_count_while_they_are_read()
    {
        MemoryBudget budget = new(100 * _fla.Model.StateBytes(null, 10));
        await using BatchScheduler scheduler = new(_fla.Model, options: new() { Budget = budget });
        SequenceReader reader = new(_fla.Model, ForwardOutput.AllHidden);
        // One token needs a state; several that are read whole do without one.
        int[][] texts = [SyntheticModel.Tokens(1), SyntheticModel.Tokens(7)];
        reader.Read(texts, (_, _, _) => { });
        long scratch = budget.HeldBytes;

        long most = 0;
        reader.Read(texts, (_, _, _) => most = Math.Max(most, budget.HeldBytes));

        long outputs = 8 * reader.RowLength * sizeof(float);
        Assert.Equal(scratch + _fla.Model.StateBytes(null, 1) + outputs, most);
        Assert.Equal(_fla.Model.StateBytes(null, 1), reader.StateBytes(texts));
        most = 0;
        reader.Read(texts, (_, _, _) => most = Math.Max(most, budget.HeldBytes), countsStates: false, CancellationToken.None);
        Assert.Equal(scratch + outputs, most);
        Assert.Equal(scratch, budget.HeldBytes);
        Assert.Throws<DivideByZeroException>(() => reader.Read(texts, (_, _, _) => throw new DivideByZeroException()));
        Assert.Equal(scratch, budget.HeldBytes);
    }

    [Fact]
    public void A_budget_is_set_in_one_way()
    {
        BatchSchedulerOptions both = new() { Budget = new(1), StateBudgetBytes = 1 };
        Assert.Contains("Budget and StateBudgetBytes", Assert.Throws<ArgumentException>(both.Validate).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new MemoryBudget(0));
    }

    private static GenerationRequest Request(int promptTokens) =>
        new(SyntheticModel.Tokens(promptTokens), new GenerationOptions { MaxTokens = 3, StopTokens = [] });
}
