namespace RetNet.Extensions.Core.Generation;

/// <summary>Consecutive tokens of one sequence, worked off together with the blocks of other sequences.</summary>
/// <param name="State">The sequence's state.</param>
/// <param name="Position">The position of the block's first token.</param>
/// <param name="FirstRow">The block's first row among the rows of its wave.</param>
/// <param name="Rows">The number of tokens.</param>
/// <param name="EndsStep">True when a policy cuts the state after this block.</param>
/// <param name="EndsForward">True when this is the sequence's last block of the forward.</param>
/// <param name="EndsInput">True when no later forward brings more of the sequence's input either.</param>
/// <param name="IsWholeInput">True when the sequence's input is this block alone.</param>
internal readonly record struct Block(SequenceState State, long Position, int FirstRow, int Rows, bool EndsStep, bool EndsForward, bool EndsInput, bool IsWholeInput);
