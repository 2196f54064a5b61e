using System.Numerics.Tensors;
using RetNet.Extensions.Core.Kernels.Vectors;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Generation.Scoring;

/// <summary>Makes one vector of a sequence: the pooled hidden states of the last layer. Safe for concurrent calls.</summary>
/// <remarks>A sequence may have any length; memory is bounded as <see cref="SequenceReader"/> says, and no vector depends on the other
/// sequences.</remarks>
/// <param name="model">The model.</param>
/// <param name="options">How a sequence remembers; null for the defaults.</param>
/// <param name="pooling">How the hidden states become one vector.</param>
/// <param name="normalize">Whether vectors are scaled to length 1 (L2).</param>
public sealed class SequenceEmbedder(
    LanguageModel model, StateOptions? options = null, EmbeddingPooling pooling = EmbeddingPooling.Mean, bool normalize = true)
{
    private readonly SequenceReader _reader = new(model, ForwardOutput.AllHidden, options);

    /// <summary>Embeds sequences.</summary>
    /// <param name="sequences">The tokens of each; one without tokens becomes zeros.</param>
    /// <param name="cancellationToken">Observed between blocks of a forward.</param>
    /// <returns><c>[sequences][width]</c>.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public float[][] Embed(IReadOnlyList<int[]> sequences, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        float[][] vectors = [.. sequences.Select(_ => new float[_reader.RowLength])];
        _reader.Read(sequences, (sequence, _, rows) => Pool(rows, vectors[sequence]), cancellationToken);
        for (int i = 0; i < vectors.Length; i++)
            Scale(vectors[i], Math.Max(1, sequences[i].Length));
        return vectors;
    }

    private void Pool(ReadOnlySpan<float> rows, Span<float> vector)
    {
        if (pooling == EmbeddingPooling.LastToken)
        {
            rows[^vector.Length..].CopyTo(vector);
            return;
        }

        for (int start = 0; start < rows.Length; start += vector.Length)
            TensorPrimitives.Add(vector, rows.Slice(start, vector.Length), vector);
    }

    private void Scale(Span<float> vector, int tokens)
    {
        float divisor = pooling == EmbeddingPooling.Mean ? tokens : 1;
        if (normalize && MathF.Sqrt(VectorSum.SumOfSquares(vector)) is > 0 and var length)
            divisor = length;
        TensorPrimitives.Divide(vector, divisor, vector);
    }
}
