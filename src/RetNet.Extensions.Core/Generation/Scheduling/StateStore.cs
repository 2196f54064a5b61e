using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Generation.Scheduling;

/// <summary>Counts the states of running sequences, and keeps states between requests with the tokens that they have seen, within one
/// budget. Kept states make room for requests; the least recently used one is released first. Thread-safe.</summary>
/// <remarks>
/// A prefix, the state after the beginning of a prompt, is forked for each prompt with that beginning. It is used only if it equals, bit
/// for bit, the state that the prompt itself would give: if the prompt can be divided there, and if a policy that cuts inputs has cut both
/// prompts in the same places. The states of a conversation, after a prompt and after a text, are handed over to the request that
/// continues the longest of them; a copy stays where memory is free, for other branches. They follow the same rule, except that rounding
/// may differ: where a policy has dropped rows while a text was generated, reading that text would drop others, so only the state of the
/// prompt is kept.
/// </remarks>
/// <param name="budget">What states count in, running ones with their largest size; it may be that of other stores, too.</param>
/// <param name="limit">Bytes of this store's kept states, within the budget; 0 keeps none.</param>
/// <param name="resume">Called after a reservation failed, when there may be room.</param>
internal sealed class StateStore(MemoryBudget budget, long limit, Action resume) : IDisposable
{
    // Guarded, as all that follows, by the budget's gate. Least recently used first.
    private readonly List<Kept> _kept = [];
    private readonly ConditionalWeakTable<object, object> _forgotten = [];
    private long _keptBytes;
    private long _reservedBytes;
    private bool _isDisposed;

    /// <summary>Bytes that the states of running sequences may grow to.</summary>
    public long ReservedBytes => Volatile.Read(ref _reservedBytes);

    /// <summary>Bytes of kept states.</summary>
    public long KeptBytes => Volatile.Read(ref _keptBytes);

    /// <summary>When the kept state that is released next was used last, by the budget's count; null if none is kept.</summary>
    internal long? OldestUse => _kept.Count > 0 ? _kept[0].Use : null;

    /// <summary>Whether a state of a size can be kept.</summary>
    public bool Keeps(long bytes) => limit > 0 && bytes <= limit;

    /// <summary>Whether two prompts lead to the same state after their first tokens.</summary>
    /// <param name="prompt">A prompt.</param>
    /// <param name="other">Another prompt, possibly of another length.</param>
    /// <param name="length">The number of first tokens.</param>
    /// <param name="state">A state with the options that both have.</param>
    public static bool AreAlike(ReadOnlySpan<int> prompt, ReadOnlySpan<int> other, int length, SequenceState state) =>
        other.Length >= length && prompt[..length].SequenceEqual(other[..length])
        && CutLength(state, prompt.Length, length) == CutLength(state, other.Length, length);

    /// <summary>Counts the state of a request that runs from here on, and releases kept states as far as it needs their room.</summary>
    /// <param name="bytes">The largest size of the state.</param>
    /// <param name="request">The request.</param>
    /// <param name="options">How the sequence remembers.</param>
    /// <param name="conversation">The state of the conversation that the prompt continues, the caller's from here on; or null.</param>
    /// <returns>False if the states of running sequences leave no room.</returns>
    public bool TryReserve(long bytes, GenerationRequest request, StateOptions options, out SequenceState? conversation)
    {
        conversation = null;
        lock (budget.Gate)
        {
            if (bytes > budget.FreeBytes)
            {
                budget.WaitForRoom(resume);
                return false;
            }

            CountReserved(bytes);
            SchedulerMetrics.CountState(SchedulerMetrics.Sequence, 1, bytes);
            if (request.KeepFor is { } owner && FindConversation(request.Prompt.Span, options, owner) is { } found)
            {
                Forget(found);
                conversation = found.State;
            }

            MakeRoom(0);
            return true;
        }
    }

    /// <summary>Gives back what <see cref="TryReserve"/> counted.</summary>
    public void Release(long bytes)
    {
        lock (budget.Gate)
            CountReserved(-bytes);
        SchedulerMetrics.CountState(SchedulerMetrics.Sequence, -1, -bytes);
        budget.Resume();
    }

    /// <summary>A copy of the prefix that has seen most of a prompt, and at least one token less than all; null when there is
    /// none.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="options">How the sequence remembers.</param>
    /// <param name="state">A state with these options.</param>
    public SequenceState? ForkPrefix(ReadOnlySpan<int> prompt, StateOptions options, SequenceState state)
    {
        lock (budget.Gate)
        {
            Kept? best = null;
            foreach (Kept kept in _kept)
            {
                if (kept.Owner is null && kept.IsBeginningOf(prompt, options)
                    && state.SplitAt(prompt.Length, kept.Tokens.Length) == kept.Tokens.Length
                    && CutLength(state, prompt.Length, kept.Tokens.Length) == kept.Cuts
                    && kept.Tokens.Length > (best?.Tokens.Length ?? 0))
                {
                    best = kept;
                }
            }

            if (best is null)
                return null;
            _kept.Remove(best);
            _kept.Add(best with { Use = budget.NextUse() });
            return best.State.Fork();
        }
    }

    /// <summary>Keeps a copy of a state before it advances.</summary>
    /// <param name="prompt">The prompt; the state has seen its first tokens.</param>
    /// <param name="options">How the sequence remembers.</param>
    /// <param name="state">The state.</param>
    /// <param name="owner">Whose requests may continue it, up to rounding; null for all, bit for bit.</param>
    public void KeepPrefix(ReadOnlySpan<int> prompt, StateOptions options, SequenceState state, object? owner = null)
    {
        int length = checked((int)state.Position);
        lock (budget.Gate)
        {
            if (IsForgotten(owner) || !HasRoom(state.ByteSize))
                return;
            Kept kept = new(prompt[..length].ToArray(), options, state.Fork(), owner, CutLength(state, prompt.Length, length))
            {
                Use = budget.NextUse(),
            };
            DropEqual(kept);
            Keep(kept, _kept.Count);
        }
    }

    /// <summary>Keeps the state after a text, or releases it if there is no room or reading the text would leave another state.</summary>
    /// <param name="tokens">What it has seen.</param>
    /// <param name="options">How the sequence remembers.</param>
    /// <param name="state">The state, the store's from here on.</param>
    /// <param name="owner">Whose requests may continue it.</param>
    public void KeepConversation(int[] tokens, StateOptions options, SequenceState state, object owner)
    {
        lock (budget.Gate)
        {
            if (state.Position > state.UncutTokens)
                state.Dispose();
            else
                KeepOrRelease(new SavedKeptState(tokens, options, Cuts: 0, state), owner);
        }
    }

    /// <summary>Keeps a state that was saved, or releases it if there is no room.</summary>
    /// <param name="saved">The state, the store's from here on.</param>
    /// <param name="owner">Whose requests may continue it.</param>
    /// <returns>Whether it is kept.</returns>
    public bool KeepRestored(SavedKeptState saved, object owner)
    {
        lock (budget.Gate)
            return KeepOrRelease(saved, owner);
    }

    /// <summary>A copy of the state that a request would continue.</summary>
    /// <param name="prompt">The prompt of the request.</param>
    /// <param name="options">How the sequence remembers.</param>
    /// <param name="owner">Whose request it is.</param>
    /// <param name="maxBytes">A larger state is not copied.</param>
    /// <returns>The copy, the caller's; null if there is none, or it is too large.</returns>
    public SavedKeptState? ForkConversation(ReadOnlySpan<int> prompt, StateOptions options, object owner, long maxBytes)
    {
        lock (budget.Gate)
        {
            return FindConversation(prompt, options, owner) is { } kept && kept.Bytes <= maxBytes
                ? new SavedKeptState(kept.Tokens, options, kept.Cuts, kept.State.Fork())
                : null;
        }
    }

    /// <summary>Keeps a copy of a conversation's state that a request goes on from, for other branches, if that takes no other's room.
    /// It is the first that is released.</summary>
    /// <param name="request">The request.</param>
    /// <param name="options">How the sequence remembers.</param>
    /// <param name="state">The state that <see cref="TryReserve"/> handed over.</param>
    public void KeepBranch(GenerationRequest request, StateOptions options, SequenceState state)
    {
        int length = checked((int)state.Position);
        lock (budget.Gate)
        {
            bool isFree = !_isDisposed && _keptBytes + state.ByteSize <= limit && budget.KeptBytes + state.ByteSize <= budget.KeepableBytes;
            if (!isFree || IsForgotten(request.KeepFor))
                return;
            int cuts = CutLength(state, request.Prompt.Length, length);
            Keep(new Kept(request.Prompt[..length].ToArray(), options, state.Fork(), request.KeepFor, cuts) { Use = Kept.Never }, 0);
        }
    }

    /// <summary>Releases the conversations of an owner, and keeps no further ones for it.</summary>
    public void Forget(object owner)
    {
        lock (budget.Gate)
        {
            _forgotten.AddOrUpdate(owner, owner);
            _kept.FindAll(kept => kept.Owner == owner).ForEach(Drop);
        }
    }

    /// <summary>Releases what is kept, and keeps nothing more.</summary>
    public void Dispose()
    {
        lock (budget.Gate)
        {
            _isDisposed = true;
            while (_kept.Count > 0)
                Drop(_kept[0]);
        }
    }

    /// <summary>After how many tokens each a policy has cut the first tokens of an input; 0 when it has not yet.</summary>
    private static int CutLength(SequenceState state, int inputTokens, int seen)
    {
        int step = state.StepLength(inputTokens);
        return seen < step || seen <= state.UncutTokens ? 0 : step;
    }

    private bool KeepOrRelease(SavedKeptState state, object owner)
    {
        if (IsForgotten(owner) || !HasRoom(state.State.ByteSize))
        {
            state.State.Dispose();
            return false;
        }

        Kept kept = new(state.Tokens, state.Options, state.State, owner, state.Cuts) { Use = budget.NextUse() };
        DropEqual(kept);
        Keep(kept, _kept.Count);
        return true;
    }

    private bool IsForgotten(object? owner) => owner is not null && _forgotten.TryGetValue(owner, out _);

    private Kept? FindConversation(ReadOnlySpan<int> prompt, StateOptions options, object owner)
    {
        Kept? best = null;
        foreach (Kept kept in _kept)
        {
            if (kept.Owner == owner && kept.IsBeginningOf(prompt, options)
                && CutLength(kept.State, prompt.Length, kept.Tokens.Length) == kept.Cuts
                && kept.Tokens.Length > (best?.Tokens.Length ?? 0))
            {
                best = kept;
            }
        }

        return best;
    }

    /// <summary>Releases the kept state that was not used for the longest time; called under the gate.</summary>
    internal void DropOldest() => Drop(_kept[0]);

    /// <summary>Makes room for a state if it can ever be kept.</summary>
    private bool HasRoom(long bytes)
    {
        if (_isDisposed || !Keeps(bytes) || bytes > budget.KeepableBytes)
            return false;
        MakeRoom(bytes);
        return true;
    }

    // This store's states keep to its limit, those of all stores to the budget.
    private void MakeRoom(long bytes)
    {
        while (_kept.Count > 0 && _keptBytes + bytes > limit)
            DropOldest();
        budget.MakeRoom(bytes);
    }

    private void CountReserved(long bytes)
    {
        _reservedBytes += bytes;
        budget.CountReserved(bytes);
    }

    /// <summary>Releases what a state replaces that has seen the same.</summary>
    private void DropEqual(Kept kept)
    {
        if (_kept.Find(earlier => earlier.Owner == kept.Owner && earlier.Cuts == kept.Cuts && earlier.Options == kept.Options
            && earlier.Tokens.AsSpan().SequenceEqual(kept.Tokens)) is { } equal)
        {
            Drop(equal);
        }
    }

    private void Keep(Kept kept, int place)
    {
        _kept.Insert(place, kept);
        _keptBytes += kept.Bytes;
        SchedulerMetrics.CountState(kept.Holder, 1, kept.Bytes);
    }

    private void Drop(Kept kept)
    {
        Forget(kept);
        kept.State.Dispose();
    }

    private void Forget(Kept kept)
    {
        _kept.Remove(kept);
        _keptBytes -= kept.Bytes;
        SchedulerMetrics.CountState(kept.Holder, -1, -kept.Bytes);
    }

    /// <summary>A state with what it has seen; without an owner it is a prefix.</summary>
    private sealed record Kept(int[] Tokens, StateOptions Options, SequenceState State, object? Owner, int Cuts)
    {
        /// <summary>The use of a state that is the first to be released.</summary>
        public const long Never = -1;

        public long Bytes { get; } = State.ByteSize;

        /// <summary>When it was used last, by the budget's count.</summary>
        public required long Use { get; init; }

        public KeyValuePair<string, object?> Holder => Owner is null ? SchedulerMetrics.Prefix : SchedulerMetrics.Conversation;

        public bool IsBeginningOf(ReadOnlySpan<int> prompt, StateOptions options) =>
            Tokens.Length < prompt.Length && prompt.StartsWith(Tokens) && Options == options;
    }
}
