namespace RetNet.Extensions.Core.Models;

/// <summary>One sequence's part of a batch: its state and how many of the batch's tokens are its own.</summary>
/// <param name="State">The state that the tokens continue.</param>
/// <param name="Count">The number of new tokens, at least one.</param>
public readonly record struct SequenceInput(SequenceState State, int Count)
{
    /// <summary>Where an input comes in several forwards: how many of its tokens earlier ones took.</summary>
    internal int Before { get; init; }

    /// <summary>Where an input comes in several forwards: how many of its tokens later ones will take.</summary>
    internal int After { get; init; }

    /// <summary>The tokens of the whole input.</summary>
    internal int Total => Before + Count + After;
}
