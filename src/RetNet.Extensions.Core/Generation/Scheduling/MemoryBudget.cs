using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Generation.Scheduling;

/// <summary>The memory that schedulers hold together, beside their models' weights: what an operator states once for a process.
/// Thread-safe.</summary>
/// <remarks>
/// Counted are the states of running sequences, each with the largest size that it may grow to; the states that are kept of conversations
/// and prefixes; and the scratch memory of the schedulers' models: that of forwards, and the outputs of texts that are embedded or
/// scored, with their states unless those were reserved beforehand (<see cref="ReserveAsync"/>). Kept states make room for the
/// rest, the least recently used of all schedulers first. A request waits while the running sequences of all schedulers leave no room for
/// its state. It does not wait for scratch memory, without which no sequence runs: a few MB for each model, bounded by the model's width,
/// and up to 64 MiB of outputs where texts are scored. More is taken, and not waited for, by what looks at much of
/// a prompt at once: TOVA and H2O, 8 bytes for each query head and row that a layer has before a cut, and H2O 128 more for each row and
/// thread; and outputs of texts that cannot be divided so small: into blocks of 256 tokens where a layer has a window or the policy
/// accumulates, into chunks in the chunkwise form of retention, and not at all in the parallel form. The logits of a scheduler's steps
/// are not counted: 4 bytes for each text and token of the vocabulary, and up to 32 MiB for a prompt with
/// <see cref="GenerationOptions.PromptLogProbs"/>, or those of such a block, chunk or prompt.
/// </remarks>
public sealed class MemoryBudget
{
    private readonly bool _countsWorkspaces;

    // Neither a store nor a model stays in memory because of its budget.
    private readonly ConditionalWeakTable<StateStore, LanguageModel> _stores = [];

    // Schedulers whose next request waits for room that the sequences of others have, and reservations that do.
    private readonly List<Action> _waiting = [];
    private long _reservedBytes;
    private long _uses;

    /// <summary>Creates a budget, which schedulers share by <see cref="BatchSchedulerOptions.Budget"/>.</summary>
    /// <param name="bytes">Bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is not a single byte.</exception>
    public MemoryBudget(long bytes)
        : this(bytes, countsWorkspaces: true)
    {
    }

    internal MemoryBudget(long bytes, bool countsWorkspaces)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        (Bytes, _countsWorkspaces) = (bytes, countsWorkspaces);
    }

    /// <summary>The budget of schedulers for which nothing else is set: half of the memory that the process may use.</summary>
    public static MemoryBudget Default { get; } = new(
        Math.Max(1, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2));

    /// <summary>What may be held.</summary>
    public long Bytes { get; }

    /// <summary>What is held.</summary>
    public long HeldBytes
    {
        get
        {
            lock (Gate)
                return Bytes - KeepableBytes + KeptBytes;
        }
    }

    /// <summary>Refuses what can never be reserved.</summary>
    /// <param name="bytes">Bytes.</param>
    /// <exception cref="StateBudgetException">They are more than the whole budget.</exception>
    public void RequireRoom(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        if (bytes > Bytes)
        {
            throw new StateBudgetException(bytes, Bytes,
                $"The states may need {bytes} bytes; the budget is {Bytes}. Request shorter texts, or raise the budget.", nameof(bytes));
        }
    }

    /// <summary>Counts memory that a computation beside the schedulers may need; waits until running sequences leave room for it.</summary>
    /// <param name="bytes">Bytes.</param>
    /// <param name="cancellationToken">Cancels the waiting.</param>
    /// <returns>Dispose it when the memory was released.</returns>
    /// <exception cref="StateBudgetException">It is more than the whole budget.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async ValueTask<IDisposable> ReserveAsync(long bytes, CancellationToken cancellationToken = default)
    {
        RequireRoom(bytes);
        while (true)
        {
            TaskCompletionSource mayHaveRoom = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Action resume = () => mayHaveRoom.TrySetResult();
            lock (Gate)
            {
                if (bytes <= FreeBytes)
                {
                    CountReserved(bytes);
                    MakeRoom(0);
                    return new Reservation(this, bytes);
                }

                WaitForRoom(resume);
            }

            try
            {
                await mayHaveRoom.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                lock (Gate)
                    _waiting.Remove(resume);
                throw;
            }
        }
    }

    /// <summary>Guards this budget and the stores that count in it.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>Bytes that running sequences leave.</summary>
    internal long FreeBytes => Bytes - _reservedBytes;

    /// <summary>Bytes that kept states may have.</summary>
    internal long KeepableBytes => FreeBytes - (_countsWorkspaces ? _stores.Select(store => store.Value).Distinct().Sum(
        model => model.WorkspaceBytes) : 0);

    /// <summary>Bytes of kept states.</summary>
    internal long KeptBytes => _stores.Sum(store => store.Key.KeptBytes);

    /// <summary>Counts what a store holds, and the scratch memory of its model.</summary>
    internal void Add(StateStore store, LanguageModel model) => _stores.Add(store, model);

    /// <summary>Counts what a running sequence may grow to.</summary>
    internal void CountReserved(long bytes) => _reservedBytes += bytes;

    /// <summary>A number that is larger than that of every use before.</summary>
    internal long NextUse() => _uses++;

    /// <summary>Releases kept states until there is room for one more.</summary>
    internal void MakeRoom(long bytes)
    {
        long keepable = KeepableBytes;
        while (KeptBytes + bytes > keepable && Oldest() is { } store)
            store.DropOldest();
    }

    /// <summary>Calls back once, when a running sequence has left.</summary>
    internal void WaitForRoom(Action resume)
    {
        if (!_waiting.Contains(resume))
            _waiting.Add(resume);
    }

    /// <summary>Lets those that wait try again. Not called under <see cref="Gate"/>.</summary>
    internal void Resume()
    {
        Action[] waiting;
        lock (Gate)
        {
            if (_waiting.Count == 0)
                return;
            waiting = [.. _waiting];
            _waiting.Clear();
        }

        foreach (Action resume in waiting)
            resume();
    }

    /// <summary>Gives back once what was reserved.</summary>
    private sealed class Reservation(MemoryBudget budget, long bytes) : IDisposable
    {
        private bool _isDisposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isDisposed, true))
                return;
            lock (budget.Gate)
                budget.CountReserved(-bytes);
            budget.Resume();
        }
    }

    private StateStore? Oldest() => _stores.Select(store => store.Key).Where(store => store.OldestUse is not null)
        .MinBy(store => store.OldestUse);
}
