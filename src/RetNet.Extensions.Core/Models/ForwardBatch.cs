namespace RetNet.Extensions.Core.Models;

/// <summary>New tokens for one or more sequences.</summary>
/// <param name="sequences">The sequences, each state at most once.</param>
/// <param name="tokens">The tokens of all sequences, one sequence after the other.</param>
/// <param name="output">What is computed; the last token's logits by default.</param>
/// <param name="cancellationToken">Observed between blocks of a long input.</param>
public readonly ref struct ForwardBatch(
    ReadOnlySpan<SequenceInput> sequences,
    ReadOnlySpan<int> tokens,
    ForwardOutput output = ForwardOutput.LastLogits,
    CancellationToken cancellationToken = default)
{
    /// <summary>The sequences.</summary>
    public ReadOnlySpan<SequenceInput> Sequences { get; } = sequences;

    /// <summary>The tokens of all sequences, one sequence after the other.</summary>
    public ReadOnlySpan<int> Tokens { get; } = tokens;

    /// <summary>What is computed.</summary>
    public ForwardOutput Output { get; } = output;

    /// <summary>The logits that are looked at, as bit <c>token % 64</c> of word <c>token / 64</c>; those of other tokens may be left out of
    /// <see cref="ForwardOutput.LastLogits"/>, in any sequence. Empty: all.</summary>
    internal ReadOnlySpan<ulong> Wanted { get; init; }

    /// <summary>Reads the logits of drafts; null where no input is one.</summary>
    internal IDraftReader? DraftReader { get; init; }

    /// <summary>What is added to the embeddings of the tokens, <c>[tokens × width]</c>: the inputs of a model that reads numbers instead of
    /// words. Empty: nothing.</summary>
    internal ReadOnlySpan<float> Inputs { get; init; }

    /// <summary>Observed between blocks of a long input.</summary>
    public CancellationToken CancellationToken { get; } = cancellationToken;
}

/// <summary>Decides how much of the drafts of a forward is right, see <see cref="SequenceInput.IsDraft"/>.</summary>
internal interface IDraftReader
{
    /// <summary>Reads the logits of a draft.</summary>
    /// <param name="sequence">Its number in the batch.</param>
    /// <param name="logits">Those after each token of the input, <c>[tokens × vocabulary]</c>.</param>
    /// <returns>How many tokens of the input the sequence has seen, at least 1: the state is then the one after as many inputs of one
    /// token.</returns>
    int Read(int sequence, ReadOnlySpan<float> logits);
}
