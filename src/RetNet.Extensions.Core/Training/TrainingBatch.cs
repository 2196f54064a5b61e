using System.Diagnostics.CodeAnalysis;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Training;

/// <summary>Sequences of tokens for one training pass.</summary>
/// <param name="tokens">The tokens of all sequences, one sequence after the other.</param>
/// <param name="lengths">The number of tokens of each sequence, each at least 1.</param>
[Experimental("RETNET001")]
public readonly ref struct TrainingBatch(ReadOnlySpan<int> tokens, ReadOnlySpan<int> lengths)
{
    /// <summary>The tokens of all sequences, one sequence after the other.</summary>
    public ReadOnlySpan<int> Tokens { get; } = tokens;

    /// <summary>The number of tokens of each sequence. Lengths may differ. The managed engine pads nothing; another device pads sequences
    /// that begin in this batch to the longest one inside retention and attention, which costs time and memory and changes no
    /// result.</summary>
    public ReadOnlySpan<int> Lengths { get; } = lengths;

    /// <summary>What the sequences remember of earlier batches; null for sequences that begin here. The forward pass advances it. No
    /// gradient flows into it: back-propagation is truncated at the batch.</summary>
    public TrainingState? State { get; init; }

    /// <summary>Probability with which a value of the embedding or of a residual branch is dropped, in [0, 1). Default 0.</summary>
    public float Dropout { get; init; }

    /// <summary>The seed of dropout: with the place in the model, the row and the column it decides what is dropped, the same on every
    /// device.</summary>
    public ulong DropoutSeed { get; init; }

    /// <summary>The form of retention, see <see cref="RetentionForm"/>. Default Recurrent, which computes what decoding computes and is
    /// evaluated in chunks. A Transformer ignores it.</summary>
    public RetentionForm Form { get; init; } = RetentionForm.Recurrent;

    /// <summary>Tokens per chunk of retention; 0 for the default. Memory grows with the length of a sequence, and by one state per
    /// chunk.</summary>
    public int ChunkLength { get; init; }

    /// <summary>The type that matrix products are computed in. Default Float32, the only one of the managed engine.</summary>
    public TrainingPrecision Precision { get; init; }

    /// <summary>Whether <see cref="TrainableModel.Forward"/> returns the mean of each sequence's hidden states instead of all of them. The
    /// means are computed on the model's device.</summary>
    public bool Means { get; init; }

    /// <summary>What is added to the embeddings of the tokens, <c>[tokens × width]</c>, as in <see cref="ForwardBatch.Inputs"/>; only the
    /// managed engine takes it. Empty: nothing.</summary>
    internal ReadOnlySpan<float> Inputs { get; init; }

    /// <summary>The number of rows that <see cref="TrainableModel.Forward"/> returns.</summary>
    internal int HiddenRows => Means ? Lengths.Length : Tokens.Length;

    /// <summary>Observed between the blocks of the model.</summary>
    public CancellationToken CancellationToken { get; init; }
}
