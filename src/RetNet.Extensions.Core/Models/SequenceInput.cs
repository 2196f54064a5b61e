namespace RetNet.Extensions.Core.Models;

/// <summary>One sequence's part of a batch: its state and how many of the batch's tokens are its own.</summary>
/// <param name="State">The state that the tokens continue.</param>
/// <param name="Count">The number of new tokens, at least one.</param>
public readonly record struct SequenceInput(SequenceState State, int Count)
{
    /// <summary>For an input that comes in several forwards: the number of its tokens in earlier forwards.</summary>
    public int Before { get; internal init; }

    /// <summary>For an input that comes in several forwards: the number of its tokens in later forwards.</summary>
    public int After { get; internal init; }

    /// <summary>Whether the tokens after the first one are a draft: each of them is an input of its own, computed as in a forward of its
    /// own, and <see cref="ForwardBatch.DraftReader"/> decides how many of them the sequence has seen in the end.</summary>
    internal bool IsDraft { get; init; }

    /// <summary>Rows of <see cref="ForwardOutput.LastLogits"/>: a draft has one for each token.</summary>
    internal int LogitRows => IsDraft ? Count : 1;

    /// <summary>Whether no later forward uses the state, so that nothing need be remembered of the last tokens.</summary>
    internal bool EndsSequence { get; init; }

    /// <summary>The tokens of the whole input.</summary>
    public int Total => Before + Count + After;
}
