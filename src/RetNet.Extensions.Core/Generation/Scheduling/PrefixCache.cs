using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Generation.Scheduling;

/// <summary>States after the beginnings of prompts, so that a shared beginning is not computed twice. The least recently used states are
/// released if there is no room.</summary>
/// <remarks>
/// A state is used only if it equals, bit for bit, the state that the prompt itself would give: if the prompt can be divided there, and if
/// a policy that cuts inputs has cut both prompts in the same places. Not thread-safe.
/// </remarks>
internal sealed class PrefixCache(long capacity) : IDisposable
{
    // Least recently used first.
    private readonly List<Entry> _entries = [];

    /// <summary>Bytes of the states.</summary>
    public long ByteSize { get; private set; }

    public bool IsOff => capacity == 0;

    /// <summary>Whether two prompts lead to the same state after their first tokens.</summary>
    /// <param name="prompt">A prompt.</param>
    /// <param name="other">Another prompt, possibly of another length.</param>
    /// <param name="length">The number of first tokens.</param>
    /// <param name="state">A state with the options that both have.</param>
    public static bool AreAlike(ReadOnlySpan<int> prompt, ReadOnlySpan<int> other, int length, SequenceState state) =>
        other.Length >= length && prompt[..length].SequenceEqual(other[..length])
        && CutLength(state, prompt.Length, length) == CutLength(state, other.Length, length);

    /// <summary>A copy of the state that has seen most of a prompt, and at least one token less than all; null when there is
    /// none.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="options">How the sequence remembers.</param>
    /// <param name="state">A state with these options.</param>
    public SequenceState? Fork(ReadOnlySpan<int> prompt, StateOptions options, SequenceState state)
    {
        int best = -1;
        for (int i = 0; i < _entries.Count; i++)
        {
            if (_entries[i].Fits(prompt, options, state) && (best < 0 || _entries[i].Tokens.Length > _entries[best].Tokens.Length))
                best = i;
        }

        if (best < 0)
            return null;
        Entry found = _entries[best];
        _entries.RemoveAt(best);
        _entries.Add(found);
        return found.State.Fork();
    }

    /// <summary>Keeps a copy of a state before it advances.</summary>
    /// <param name="prompt">The prompt; the state has seen its first tokens.</param>
    /// <param name="options">How the sequence remembers.</param>
    /// <param name="state">The state.</param>
    public void Add(ReadOnlySpan<int> prompt, StateOptions options, SequenceState state)
    {
        int length = checked((int)state.Position);
        if (state.ByteSize > capacity)
            return;
        _entries.Add(new Entry(prompt[..length].ToArray(), options, CutLength(state, prompt.Length, length), state.Fork()));
        ByteSize += _entries[^1].State.ByteSize;
        while (ByteSize > capacity)
            RemoveOldest();
    }

    public void Dispose()
    {
        while (_entries.Count > 0)
            RemoveOldest();
    }

    private void RemoveOldest()
    {
        ByteSize -= _entries[0].State.ByteSize;
        _entries[0].State.Dispose();
        _entries.RemoveAt(0);
    }

    /// <summary>After how many tokens each a policy has cut the first tokens of an input; 0 when it has not yet.</summary>
    private static int CutLength(SequenceState state, int inputTokens, int seen)
    {
        int step = state.StepLength(inputTokens);
        return seen < step ? 0 : step;
    }

    private sealed record Entry(int[] Tokens, StateOptions Options, int Cuts, SequenceState State)
    {
        public bool Fits(ReadOnlySpan<int> prompt, StateOptions options, SequenceState state) =>
            Tokens.Length < prompt.Length && prompt.StartsWith(Tokens) && Options == options
            && state.SplitAt(prompt.Length, Tokens.Length) == Tokens.Length && CutLength(state, prompt.Length, Tokens.Length) == Cuts;
    }
}
