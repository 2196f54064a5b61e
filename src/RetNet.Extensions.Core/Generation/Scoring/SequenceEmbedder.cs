using System.Diagnostics.CodeAnalysis;
using System.Numerics.Tensors;
using RetNet.Extensions.Core.Kernels.Vectors;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Encoder;

namespace RetNet.Extensions.Core.Generation.Scoring;

/// <summary>Makes one vector of a sequence: the pooled hidden states of the last layer. Safe for concurrent calls.</summary>
/// <remarks>A sequence for a language model may have any length; memory is bounded as <see cref="SequenceReader"/> says. An encoder reads
/// at most <see cref="ModelInfo.ContextLength"/> tokens of one. No vector depends on the other sequences.</remarks>
[Experimental("RETNET001")]
public sealed class SequenceEmbedder
{
    private readonly SequenceReader? _reader;
    private readonly EncoderModel? _encoder;
    private readonly EmbeddingPooling _pooling;
    private readonly bool _normalize;
    private readonly int _width;

    /// <summary>Creates an embedder for a language model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">How a sequence remembers; null for the defaults.</param>
    /// <param name="pooling">How the hidden states become one vector.</param>
    /// <param name="normalize">Whether vectors are scaled to length 1 (L2).</param>
    /// <param name="dimensions">The length of the vectors, which are cut off there before they are scaled; null for the model's
    /// width.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="dimensions"/> is less than 1 or more than the model's
    /// width.</exception>
    public SequenceEmbedder(
        LanguageModel model, StateOptions? options = null, EmbeddingPooling pooling = EmbeddingPooling.Mean, bool normalize = true,
        int? dimensions = null)
        : this(pooling, normalize, dimensions, model?.Info) => _reader = new SequenceReader(model!, ForwardOutput.AllHidden, options);

    /// <summary>Creates an embedder for an encoder.</summary>
    /// <param name="model">The encoder.</param>
    /// <param name="pooling">How the hidden states become one vector.</param>
    /// <param name="normalize">Whether vectors are scaled to length 1 (L2).</param>
    /// <param name="dimensions">As for a language model.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="dimensions"/> is less than 1 or more than the model's
    /// width.</exception>
    public SequenceEmbedder(EncoderModel model, EmbeddingPooling pooling, bool normalize, int? dimensions)
        : this(pooling, normalize, dimensions, model?.Info) => _encoder = model;

    private SequenceEmbedder(EmbeddingPooling pooling, bool normalize, int? dimensions, ModelInfo? model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (dimensions < 1 || dimensions > model.Width)
        {
            throw new ArgumentOutOfRangeException(nameof(dimensions), dimensions,
                $"The vectors of the model have {model.Width} values; expected 1 to {model.Width}.");
        }

        (_pooling, _normalize, _width, Dimensions) = (pooling, normalize, model.Width, dimensions ?? model.Width);
    }

    /// <summary>The length of the vectors.</summary>
    public int Dimensions { get; }

    /// <summary>Bytes that the states of a language model have at most while sequences are embedded; 0 for an encoder.</summary>
    /// <param name="sequences">The tokens of each.</param>
    internal long StateBytes(IReadOnlyList<int[]> sequences) => _reader?.StateBytes(sequences) ?? 0;

    /// <summary>Embeds sequences.</summary>
    /// <param name="sequences">The tokens of each; one without tokens becomes zeros.</param>
    /// <param name="cancellationToken">Observed between blocks of a forward.</param>
    /// <returns><c>[sequences][dimensions]</c>.</returns>
    /// <exception cref="ArgumentException">A sequence is longer than the encoder reads.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public float[][] Embed(IReadOnlyList<int[]> sequences, CancellationToken cancellationToken = default) =>
        Embed(sequences, countsStates: true, cancellationToken);

    /// <summary>As <see cref="Embed(IReadOnlyList{int[]}, CancellationToken)"/>.</summary>
    /// <param name="sequences">The tokens of each.</param>
    /// <param name="countsStates">Whether states count as scratch memory; false where <see cref="StateBytes"/> were reserved for
    /// them.</param>
    /// <param name="cancellationToken">Observed between blocks of a forward.</param>
    internal float[][] Embed(IReadOnlyList<int[]> sequences, bool countsStates, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        float[][] vectors = [.. sequences.Select(_ => new float[Dimensions])];
        _encoder?.Encode(sequences, (sequence, rows) => Pool(0, rows, vectors[sequence]), cancellationToken);
        _reader?.Read(sequences, (sequence, start, rows) => Pool(start, rows, vectors[sequence]), countsStates, cancellationToken);
        for (int i = 0; i < vectors.Length; i++)
            Scale(vectors[i], Math.Max(1, sequences[i].Length));
        return vectors;
    }

    /// <summary>Embeds sequences that are made on the threads of the model, such as by a tokenizer.</summary>
    /// <param name="count">The number of sequences.</param>
    /// <param name="sequence">Makes the tokens of one; called for several at the same time.</param>
    /// <param name="cancellationToken">Observed between blocks of a forward.</param>
    /// <inheritdoc cref="Embed(IReadOnlyList{int[]}, CancellationToken)"/>
    public float[][] EmbedEach(int count, Func<int, int[]> sequence, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentNullException.ThrowIfNull(sequence);
        int[][] sequences = new int[count][];
        if (_reader is not null && count > 1)
            _reader.Model.Share(count, Make);
        else
            Make(0, count);
        return Embed(sequences, cancellationToken);

        void Make(int from, int to)
        {
            for (int i = from; i < to; i++)
                sequences[i] = sequence(i);
        }
    }

    // Consecutive rows of a sequence, from its token start on.
    private void Pool(int start, ReadOnlySpan<float> rows, Span<float> vector)
    {
        ReadOnlySpan<float> first = rows[..vector.Length];
        switch (_pooling)
        {
            case EmbeddingPooling.LastToken:
                rows.Slice(rows.Length - _width, vector.Length).CopyTo(vector);
                return;
            case EmbeddingPooling.FirstToken:
                if (start == 0)
                    first.CopyTo(vector);
                return;
            case EmbeddingPooling.Max:
                if (start == 0)
                    first.CopyTo(vector);
                for (int row = 0; row < rows.Length; row += _width)
                    TensorPrimitives.Max(vector, rows.Slice(row, vector.Length), vector);
                return;
            default:
                for (int row = 0; row < rows.Length; row += _width)
                    TensorPrimitives.Add(vector, rows.Slice(row, vector.Length), vector);
                return;
        }
    }

    private void Scale(Span<float> vector, int tokens)
    {
        float divisor = _pooling == EmbeddingPooling.Mean ? tokens : 1;
        if (_normalize && MathF.Sqrt(VectorSum.SumOfSquares(vector)) is > 0 and var length)
            divisor = length;
        TensorPrimitives.Divide(vector, divisor, vector);
    }
}
