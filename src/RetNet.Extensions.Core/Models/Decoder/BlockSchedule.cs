using System.Diagnostics.CodeAnalysis;

namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>Cuts a batch into waves of a bounded number of rows, so that scratch memory is bounded and cancellation is observed.</summary>
/// <remarks>
/// Every sequence is cut into blocks at fixed distances from its first new token, and a wave takes whole blocks, so that the results of a
/// sequence do not depend on the rest of the batch. An input that comes in several forwards is cut as if it came in one. A wave has at most
/// one block of a sequence, and its tokens are consecutive in the batch. A draft is the exception: each of its tokens is a block of its
/// own, and all of them are in one wave.
/// </remarks>
/// <param name="waveRows">Rows of a wave at most, unless a single block has more.</param>
[Experimental("RETNET001")]
public sealed class BlockSchedule(int waveRows = LanguageModel.DefaultBlockRows)
{
    private readonly List<Block> _blocks = [];
    private int _sequence;
    private int _done;
    private int _outputs;
    private int _draftRows;

    /// <summary>The blocks of the current wave.</summary>
    public ReadOnlySpan<Block> Blocks => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_blocks);

    /// <summary>The index in the batch of the wave's first token.</summary>
    public int FirstToken { get; private set; }

    /// <summary>The number of tokens of the wave.</summary>
    public int Rows { get; private set; }

    /// <summary>The index of the first output of the sequences whose tokens end in this wave; the others follow it. A sequence has one
    /// output, a draft one for each token.</summary>
    public int FirstEnding { get; private set; }

    /// <summary>Begins another batch.</summary>
    public void Start()
    {
        (_sequence, _done, FirstToken, Rows) = (0, 0, 0, 0);
        (_outputs, _draftRows) = (0, 0);
        _blocks.Clear();
    }

    /// <summary>Gathers the next wave.</summary>
    /// <param name="batch">The batch.</param>
    /// <returns>False when the batch is done.</returns>
    public bool Next(in ForwardBatch batch)
    {
        _blocks.Clear();
        (FirstToken, Rows, FirstEnding) = (FirstToken + Rows, 0, _outputs);
        while (_sequence < batch.Sequences.Length)
        {
            SequenceInput input = batch.Sequences[_sequence];
            if (input.IsDraft)
            {
                if (Rows > 0 && Rows + input.Count > waveRows)
                    break;
                AddDraft(input);
                continue;
            }

            int at = input.Before + _done;
            (int stepEnd, int blockEnd) = input.State.EndsAfter(input.Total, at);
            int rows = Math.Min(blockEnd - at, input.Count - _done);
            if (Rows > 0 && Rows + rows > waveRows)
                break;
            bool endsForward = _done + rows == input.Count;
            Block block = new(input.State, input.State.Position + _done, Rows, rows, at + rows == stepEnd, endsForward,
                at + rows == input.Total, rows == input.Total);
            _blocks.Add(block with
            {
                Length = input.State.Position - input.Before + input.Total,
                RowsToCut = stepEnd - at,
                EndsSequence = endsForward && input.EndsSequence,
            });
            Rows += rows;
            _done += rows;
            if (!endsForward)
                break;
            _sequence++;
            _outputs++;
            _done = 0;
        }

        return Rows > 0;
    }

    private void AddDraft(SequenceInput input)
    {
        for (int i = 0; i < input.Count; i++)
        {
            long position = input.State.Position + i;
            _blocks.Add(new Block(input.State, position, Rows++, 1, EndsStep: true, EndsForward: true, EndsInput: true, IsWholeInput: true)
            {
                Length = position + 1,
                Ahead = i,
                DraftTokens = input.Count,
                DraftRow = _draftRows++,
            });
        }

        _sequence++;
        _outputs += input.Count;
    }
}

/// <summary>Consecutive tokens of one sequence, computed together with the blocks of other sequences.</summary>
/// <param name="State">The sequence's state.</param>
/// <param name="Position">The position of the block's first token.</param>
/// <param name="FirstRow">The block's first row among the rows of its wave.</param>
/// <param name="Rows">The number of tokens.</param>
/// <param name="EndsStep">True when a policy cuts the state after this block.</param>
/// <param name="EndsForward">True when this is the sequence's last block of the forward.</param>
/// <param name="EndsInput">True when no later forward brings more of the sequence's input either.</param>
/// <param name="IsWholeInput">True when the sequence's input is this block alone.</param>
[Experimental("RETNET001")]
public readonly record struct Block(
    SequenceState State, long Position, int FirstRow, int Rows, bool EndsStep, bool EndsForward, bool EndsInput, bool IsWholeInput)
{
    /// <summary>Tokens of the sequence when its whole input is done.</summary>
    public long Length { get; init; }

    /// <summary>The tokens of the input from the block's first one to the next cut, or to its end.</summary>
    internal int RowsToCut { get; init; }

    /// <summary>The tokens of the draft that the block's token belongs to; 0 where it belongs to none.</summary>
    internal int DraftTokens { get; init; }

    /// <summary>How many tokens of the same draft come before.</summary>
    internal int Ahead { get; init; }

    /// <summary>The number of the token among those of all drafts of the batch.</summary>
    internal int DraftRow { get; init; }

    /// <summary>True when nothing need be remembered of the block: its state is used no more.</summary>
    internal bool EndsSequence { get; init; }

    /// <summary>True when the block is a whole sequence, of which nothing need be remembered.</summary>
    internal bool IsWholeSequence => EndsSequence && Position == 0;
}
