using System.Numerics.Tensors;
using RetNet.Extensions.Core.Generation;

namespace RetNet.Extensions.AI;

/// <summary>Runs texts through a model and pools the hidden states.</summary>
/// <remarks>
/// A text is cut at multiples of <see cref="RowsPerForward"/> tokens, wherever it stands among the others, and a forward takes as many
/// pieces as have that many rows together. So memory is bounded, short texts share a forward, and no text depends on another.
/// </remarks>
internal sealed class TextEmbedder(LanguageModel model, StateOptions stateOptions, RetNetEmbeddingOptions options)
{
    private const int RowsPerForward = 512;

    private readonly int _width = model.Info.Width;

    /// <summary>Embeds texts.</summary>
    /// <param name="texts">The tokens of each text, at least one.</param>
    /// <param name="cancellationToken">Observed between blocks of a forward.</param>
    /// <returns><c>[texts][width]</c>.</returns>
    public float[][] Embed(IReadOnlyList<int[]> texts, CancellationToken cancellationToken)
    {
        float[][] vectors = [.. texts.Select(_ => new float[_width])];
        SequenceState?[] states = new SequenceState?[texts.Count];
        float[] hidden = new float[Math.Min(RowsPerForward, texts.Sum(text => (long)text.Length)) * _width];
        try
        {
            foreach (List<Piece> batch in Batches(texts))
            {
                foreach (Piece piece in batch)
                    states[piece.Text] ??= model.CreateState(stateOptions);
                Forward(batch, states, hidden, cancellationToken);
                int row = 0;
                foreach (Piece piece in batch)
                {
                    Pool(hidden.AsSpan(row * _width, piece.Tokens.Length * _width), vectors[piece.Text], piece.IsLast);
                    row += piece.Tokens.Length;
                    if (piece.IsLast)
                        states[piece.Text]!.Dispose();
                }
            }
        }
        finally
        {
            foreach (SequenceState? state in states)
                state?.Dispose();
        }

        for (int i = 0; i < vectors.Length; i++)
            Scale(vectors[i], texts[i].Length);
        return vectors;
    }

    private static IEnumerable<List<Piece>> Batches(IReadOnlyList<int[]> texts)
    {
        List<Piece> batch = [];
        int rows = 0;
        for (int text = 0; text < texts.Count; text++)
        {
            for (int start = 0; start < texts[text].Length; start += RowsPerForward)
            {
                int count = Math.Min(RowsPerForward, texts[text].Length - start);
                if (rows + count > RowsPerForward)
                {
                    yield return batch;
                    batch.Clear();
                    rows = 0;
                }

                batch.Add(new Piece(text, texts[text].AsMemory(start, count), start + count == texts[text].Length));
                rows += count;
            }
        }

        if (rows > 0)
            yield return batch;
    }

    /// <summary>Fills <paramref name="hidden"/>, <c>[rows of the batch × width]</c>.</summary>
    private void Forward(List<Piece> batch, SequenceState?[] states, Span<float> hidden, CancellationToken cancellationToken)
    {
        SequenceInput[] inputs = [.. batch.Select(piece => new SequenceInput(states[piece.Text]!, piece.Tokens.Length))];
        int[] tokens = [.. batch.SelectMany(piece => piece.Tokens.ToArray())];
        try
        {
            model.Forward(new ForwardBatch(inputs, tokens, ForwardOutput.AllHidden, cancellationToken), hidden);
        }
        catch (ObjectDisposedException exception)
        {
            throw new OperationCanceledException("The model was disposed while texts were embedded.", exception);
        }
    }

    private void Pool(ReadOnlySpan<float> hidden, Span<float> vector, bool isLast)
    {
        if (options.Pooling == EmbeddingPooling.LastToken)
        {
            if (isLast)
                hidden[^_width..].CopyTo(vector);
            return;
        }

        for (int start = 0; start < hidden.Length; start += _width)
            TensorPrimitives.Add(vector, hidden.Slice(start, _width), vector);
    }

    private void Scale(Span<float> vector, int tokens)
    {
        float divisor = options.Pooling == EmbeddingPooling.Mean ? tokens : 1;
        if (options.Normalize && TensorPrimitives.Norm<float>(vector) is > 0 and var length)
            divisor = length;
        TensorPrimitives.Divide(vector, divisor, vector);
    }

    /// <summary>Consecutive tokens of a text.</summary>
    private readonly record struct Piece(int Text, ReadOnlyMemory<int> Tokens, bool IsLast);
}
