using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Generation.Scheduling;

/// <summary>Counts the states of running sequences, and keeps states between requests with the tokens that they have seen, within one
/// budget. Kept states make room for requests; the least recently used one is released first. Thread-safe.</summary>
/// <remarks>
/// A prefix, the state after the beginning of a prompt, is forked for each prompt with that beginning. It is used only if it equals, bit
/// for bit, the state that the prompt itself would give: if the prompt can be divided there, if a policy that cuts inputs has cut both
/// prompts in the same places, and if both have the same rotary frequencies. The states of a conversation, after a prompt and after a text,
/// are handed over to the request that continues the longest of them; a copy stays where memory is free, for other branches. They follow
/// the same rule, except that rounding may differ: where a policy has dropped rows while a text was generated, reading that text would drop
/// others, so only the state of the prompt is kept (<see cref="Completion.EndsAsReadAtOnce"/>).
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
        && InputPart.Of(state, prompt.Length, length) == InputPart.Of(state, other.Length, length);

    /// <summary>Counts the state of a request that runs from here on, and releases kept states as far as it needs their room.</summary>
    /// <param name="bytes">The largest size of the state.</param>
    /// <param name="request">The request.</param>
    /// <param name="options">How the sequence remembers.</param>
    /// <param name="conversation">The state of the conversation that the prompt continues, the caller's from here on; or null.</param>
    /// <returns>False if the states of running sequences leave no room.</returns>
    public bool TryReserve(long bytes, GenerationRequest request, StateOptions options, out KeptState? conversation)
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
            if (request.KeepFor is { } owner && Find(request.Prompt.Span, options, owner) is { } found)
            {
                Forget(found);
                conversation = found.Value;
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

    /// <summary>A copy of the prefix that has seen most of a prompt, and at least one token less than all; null when there is none, or no
    /// memory for it.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="options">How the sequence remembers.</param>
    public SequenceState? ForkPrefix(ReadOnlySpan<int> prompt, StateOptions options)
    {
        Kept? best;
        lock (budget.Gate)
        {
            best = UsePrefix(prompt, options);
            if (best is null)
                return null;
        }

        // Other schedulers need not wait for the copy.
        return best.Value.State.TryFork();
    }

    /// <summary>Keeps a copy of a state before it advances, if there is room and memory.</summary>
    /// <param name="prompt">The prompt; the state has seen its first tokens.</param>
    /// <param name="options">How the sequence remembers.</param>
    /// <param name="state">The state.</param>
    /// <param name="owner">Whose requests may continue it, up to rounding; null for all, bit for bit.</param>
    public void KeepCopy(ReadOnlySpan<int> prompt, StateOptions options, SequenceState state, object? owner = null)
    {
        lock (budget.Gate)
        {
            if (IsForgotten(owner) || !CanKeep(state.ByteSize))
                return;
        }

        // Others make room for a copy that there is, not for one that there is no memory for.
        int length = checked((int)state.Position);
        if (state.TryFork() is { } copy)
            Keep(new KeptState(prompt[..length].ToArray(), options, InputPart.Of(state, prompt.Length, length), copy), owner);
    }

    /// <summary>Keeps a state, or releases it if there is no room.</summary>
    /// <param name="state">The state, the store's from here on.</param>
    /// <param name="owner">Whose requests may continue it; null for all.</param>
    /// <returns>Whether it is kept.</returns>
    public bool Keep(KeptState state, object? owner)
    {
        lock (budget.Gate)
        {
            // A text uses its prefix to its end: conversations that were used before are released first.
            if (owner is not null)
                UsePrefix(state.Tokens, state.Options);
            Kept kept = new(state, owner) { Use = budget.NextUse() };
            if (IsForgotten(owner) || !CanKeep(kept.Bytes))
            {
                state.State.Dispose();
                return false;
            }

            DropEqual(kept);
            MakeRoom(kept.Bytes);
            Insert(_kept.Count, kept);
            return true;
        }
    }

    /// <summary>A copy of the state that a request would continue.</summary>
    /// <param name="prompt">The prompt of the request.</param>
    /// <param name="options">How the sequence remembers.</param>
    /// <param name="owner">Whose request it is.</param>
    /// <param name="maxBytes">A larger state is not copied.</param>
    /// <returns>The copy, the caller's; null if there is none, it is too large, or there is no memory for it.</returns>
    public KeptState? ForkConversation(ReadOnlySpan<int> prompt, StateOptions options, object owner, long maxBytes)
    {
        // Under the gate: a request that goes on from the state must not find it in use.
        lock (budget.Gate)
        {
            return Find(prompt, options, owner) is { } kept && kept.Bytes <= maxBytes && kept.Value.State.TryFork() is { } copy
                ? (kept.Value with { State = copy }).ReturnTo(kept.Value.LengthIn(prompt, options))
                : null;
        }
    }

    /// <summary>Keeps a copy of a conversation's state that a request goes on from, for other branches, if that takes no other's room.
    /// It is the first that is released.</summary>
    /// <param name="conversation">What <see cref="TryReserve"/> handed over.</param>
    /// <param name="owner">Whose conversation it is.</param>
    public void KeepBranch(KeptState conversation, object owner)
    {
        long bytes = conversation.State.ByteSize;
        if (!IsFree() || conversation.State.TryFork() is not { } copy)
            return;
        lock (budget.Gate)
        {
            if (IsFree())
                Insert(0, new Kept(conversation with { State = copy }, owner) { Use = Kept.Never });
            else
                copy.Dispose();
        }

        bool IsFree()
        {
            lock (budget.Gate)
            {
                return !_isDisposed && !IsForgotten(owner) && _keptBytes + bytes <= limit
                    && budget.KeptBytes + bytes <= budget.KeepableBytes;
            }
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

    private bool IsForgotten(object? owner) => owner is not null && _forgotten.TryGetValue(owner, out _);

    /// <summary>The prefix that has seen most of a prompt, which counts as used now; null if there is none.</summary>
    private Kept? UsePrefix(ReadOnlySpan<int> prompt, StateOptions options)
    {
        if (Find(prompt, options, owner: null) is not { } prefix)
            return null;
        _kept.Remove(prefix);
        Kept used = prefix with { Use = budget.NextUse() };
        _kept.Add(used);
        return used;
    }

    /// <summary>The kept state of an owner that has seen most of a prompt. A prefix must be where the prompt can be divided.</summary>
    private Kept? Find(ReadOnlySpan<int> prompt, StateOptions options, object? owner)
    {
        Kept? best = null;
        int longest = 0;
        foreach (Kept kept in _kept)
        {
            if (kept.Owner == owner && kept.Value.LengthIn(prompt, options) is var length && length > longest
                && (owner is not null || kept.Value.State.SplitAt(prompt.Length, length) == length))
            {
                (best, longest) = (kept, length);
            }
        }

        return best;
    }

    /// <summary>Releases the kept state that was not used for the longest time; called under the gate.</summary>
    internal void DropOldest() => Drop(_kept[0]);

    private bool CanKeep(long bytes) => !_isDisposed && Keeps(bytes) && bytes <= budget.KeepableBytes;

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
        if (_kept.Find(earlier => earlier.Owner == kept.Owner && earlier.Value.Part == kept.Value.Part
            && earlier.Value.Options == kept.Value.Options && earlier.Value.Tokens.AsSpan().SequenceEqual(kept.Value.Tokens)) is { } equal)
        {
            Drop(equal);
        }
    }

    private void Insert(int place, Kept kept)
    {
        _kept.Insert(place, kept);
        _keptBytes += kept.Bytes;
        SchedulerMetrics.CountState(kept.Holder, 1, kept.Bytes);
    }

    private void Drop(Kept kept)
    {
        Forget(kept);
        kept.Value.State.Dispose();
    }

    private void Forget(Kept kept)
    {
        _kept.Remove(kept);
        _keptBytes -= kept.Bytes;
        SchedulerMetrics.CountState(kept.Holder, -1, -kept.Bytes);
    }

    /// <summary>A kept state and whose it is; without an owner it is a prefix.</summary>
    private sealed record Kept(KeptState Value, object? Owner)
    {
        /// <summary>The use of a state that is the first to be released.</summary>
        public const long Never = -1;

        public long Bytes { get; } = Value.State.ByteSize;

        /// <summary>When it was used last, by the budget's count.</summary>
        public required long Use { get; init; }

        public KeyValuePair<string, object?> Holder => Owner is null ? SchedulerMetrics.Prefix : SchedulerMetrics.Conversation;
    }
}
