using RetNet.Extensions.Core.Memory;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Generation.Scoring;

/// <summary>Runs whole sequences through a model, many at once, and hands out its output for every token.</summary>
/// <remarks>
/// A sequence is one input. A long one comes in pieces of a number of tokens that depends on the model only, divided where that changes
/// nothing, and a forward takes as many pieces as have that many tokens together. Memory is therefore bounded as far as an input can be
/// divided: by blocks of 256 tokens where a layer has a window or the policy accumulates, by chunks in the chunkwise form of retention, and
/// not at all in the parallel form. Short sequences share a forward, and the result of a sequence does not depend on the others: bit for
/// bit on the CPU, up to rounding on another device. Safe for concurrent calls.
/// </remarks>
internal sealed class SequenceReader
{
    private const int MaximumRows = 512;
    private const int MinimumRows = 16;
    private const int MaximumValues = 1 << 24;

    // A thread's own cache holds so many bytes of weights: beyond, threads that share a forward read and widen each weight once for more
    // rows.
    private const long CachedBytes = 1 << 20;

    // Bytes of weights times tokens that take longer than waking threads, some 50 µs.
    private const long BytesWorthSharing = 1 << 23;

    private readonly LanguageModel _model;
    private readonly StateOptions _options;
    private readonly ForwardOutput _output;
    private readonly int _rowsPerForward;

    /// <summary>Creates a reader.</summary>
    /// <param name="model">The model.</param>
    /// <param name="output">What is computed: <see cref="ForwardOutput.AllHidden"/> or <see cref="ForwardOutput.AllLogits"/>.</param>
    /// <param name="options">How a sequence remembers; null for the defaults.</param>
    /// <exception cref="ArgumentException"><paramref name="output"/> is not computed for every token.</exception>
    public SequenceReader(LanguageModel model, ForwardOutput output, StateOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        RowLength = output switch
        {
            ForwardOutput.AllHidden => model.Info.Width,
            ForwardOutput.AllLogits => model.Info.VocabularySize,
            _ => throw new ArgumentException($"The output is {output}; expected {ForwardOutput.AllHidden} or {ForwardOutput.AllLogits}.",
                nameof(output)),
        };
        (_model, _output, _options) = (model, output, options ?? StateOptions.Default);
        _rowsPerForward = Math.Clamp(MaximumValues / RowLength, MinimumRows, MaximumRows);
    }

    /// <summary>Receives what was computed for consecutive tokens of a sequence.</summary>
    /// <param name="sequence">The sequence's index.</param>
    /// <param name="start">The first token's index in it.</param>
    /// <param name="rows"><c>[tokens × <see cref="RowLength"/>]</c>; may be overwritten.</param>
    public delegate void RowsHandler(int sequence, int start, Span<float> rows);

    /// <summary>The model.</summary>
    public LanguageModel Model => _model;

    /// <summary>The number of values per token: the model's width or its vocabulary.</summary>
    public int RowLength { get; }

    /// <summary>Bytes that the states have at most while sequences are read.</summary>
    /// <param name="sequences">As for <see cref="Read(IReadOnlyList{int[]}, RowsHandler, CancellationToken)"/>.</param>
    public long StateBytes(IReadOnlyList<int[]> sequences)
    {
        ArgumentNullException.ThrowIfNull(sequences);

        // As many parts are read at the same time as there are threads.
        return Parts(sequences).Select(OfPart).OrderDescending().Take(_model.Workers).Sum();

        long OfPart(Range part)
        {
            (int offset, int count) = part.GetOffsetAndLength(sequences.Count);
            SequenceState? any = null;
            try
            {
                return Batches(sequences, offset, count, _ => any ??= _model.CreateBriefState(_options)).Select(OfBatch).DefaultIfEmpty()
                    .Max();
            }
            finally
            {
                any?.Dispose();
            }
        }

        long OfBatch(List<Piece> batch) => batch.Sum(piece => piece is { Start: 0, EndsSequence: true }
            ? _model.BriefStateBytes(_options, piece.Tokens.Length)
            : _model.StateBytes(_options, piece.Start + piece.Tokens.Length));
    }

    /// <summary>Reads sequences.</summary>
    /// <param name="sequences">The tokens of each; one without tokens is skipped.</param>
    /// <param name="handle">Called for the pieces of each sequence in their order; for several sequences at the same time.</param>
    /// <param name="cancellationToken">Observed between blocks of a forward.</param>
    /// <exception cref="ArgumentException">A sequence that cannot be divided has too many tokens.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public void Read(IReadOnlyList<int[]> sequences, RowsHandler handle, CancellationToken cancellationToken = default) =>
        Read(sequences, handle, countsStates: true, cancellationToken);

    /// <summary>As <see cref="Read(IReadOnlyList{int[]}, RowsHandler, CancellationToken)"/>.</summary>
    /// <param name="sequences">The tokens of each.</param>
    /// <param name="handle">Called for the pieces.</param>
    /// <param name="countsStates">Whether states count as scratch memory; false where <see cref="StateBytes"/> were reserved for
    /// them.</param>
    /// <param name="cancellationToken">Observed between blocks of a forward.</param>
    public void Read(IReadOnlyList<int[]> sequences, RowsHandler handle, bool countsStates, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        ArgumentNullException.ThrowIfNull(handle);
        long weights = _model.HiddenWeightBytes;
        List<Range> parts = Parts(sequences);
        if (parts.Count > 1)
            _model.Share(parts.Count, ReadParts);
        else if (weights * sequences.Sum(tokens => (long)tokens.Length) < BytesWorthSharing)
            _model.ComputeAlone(() => ReadParts(0, 1));
        else
            ReadParts(0, 1);

        void ReadParts(int from, int to)
        {
            for (int part = from; part < to; part++)
                Read(sequences, parts[part], handle, countsStates, cancellationToken);
        }
    }

    private List<Range> Parts(IReadOnlyList<int[]> sequences) =>
        SequenceParts.Of(sequences, _model.HiddenWeightBytes <= CachedBytes ? _model.Workers : 1);

    private void Read(
        IReadOnlyList<int[]> sequences, Range part, RowsHandler handle, bool countsStates, CancellationToken cancellationToken)
    {
        (int offset, int count) = part.GetOffsetAndLength(sequences.Count);
        SequenceState?[] states = new SequenceState?[count];
        long held = 0, tokens = 0;
        for (int i = 0; i < count; i++)
            tokens += sequences[offset + i].Length;
        using NativeBuffer<float> rows = new(Math.Min(_rowsPerForward, tokens) * RowLength);
        try
        {
            foreach (List<Piece> batch in Batches(sequences, offset, count, State))
            {
                rows.Reserve(batch.Sum(piece => piece.Tokens.Length) * (long)RowLength);
                Forward(batch, State, rows.Span, cancellationToken);
                Count(rows.ByteSize + (countsStates ? Held(states) : 0));
                int row = 0;
                foreach (Piece piece in batch)
                {
                    handle(piece.Sequence, piece.Start, rows.Span.Slice(row * RowLength, piece.Tokens.Length * RowLength));
                    row += piece.Tokens.Length;
                    if (piece.EndsSequence)
                        states[piece.Sequence - offset]!.Dispose();
                }
            }
        }
        finally
        {
            foreach (SequenceState? state in states)
                state?.Dispose();
            Count(0);
        }

        SequenceState State(int sequence) => states[sequence - offset] ??= _model.CreateBriefState(_options);

        void Count(long bytes)
        {
            _model.CountScoring(bytes - held);
            held = bytes;
        }
    }

    private static long Held(SequenceState?[] states)
    {
        long bytes = 0;
        foreach (SequenceState? state in states)
            bytes += state is { IsDisposed: false } ? state.HeldBytes : 0;
        return bytes;
    }

    private IEnumerable<List<Piece>> Batches(IReadOnlyList<int[]> sequences, int first, int length, Func<int, SequenceState> state)
    {
        List<Piece> batch = [];
        int rows = 0;
        for (int sequence = first; sequence < first + length; sequence++)
        {
            int total = sequences[sequence].Length;
            for (int start = 0, end; start < total; start = end)
            {
                end = total <= _rowsPerForward ? total : state(sequence).PieceEnd(total, start, _rowsPerForward);

                // A forward takes one piece of a sequence.
                int count = end - start;
                if ((long)count * RowLength > Array.MaxLength)
                {
                    throw new ArgumentException($"A sequence of {total} tokens has to be read at once ({_options.Form}), and {RowLength} "
                        + $"numbers for each are too many; expected {Array.MaxLength / RowLength} tokens, or another form.");
                }

                if (rows > 0 && (rows + count > _rowsPerForward || batch[^1].Sequence == sequence))
                {
                    yield return batch;
                    batch.Clear();
                    rows = 0;
                }

                batch.Add(new Piece(sequence, start, sequences[sequence].AsMemory(start, count), total));
                rows += count;
            }
        }

        if (rows > 0)
            yield return batch;
    }

    private void Forward(List<Piece> batch, Func<int, SequenceState> state, Span<float> rows, CancellationToken cancellationToken)
    {
        SequenceInput[] inputs = [.. batch.Select(piece => new SequenceInput(state(piece.Sequence), piece.Tokens.Length)
        {
            Before = piece.Start,
            After = piece.Total - piece.Start - piece.Tokens.Length,
            EndsSequence = piece.EndsSequence,
        })];
        int[] tokens = new int[batch.Sum(piece => piece.Tokens.Length)];
        int done = 0;
        foreach (Piece piece in batch)
        {
            piece.Tokens.Span.CopyTo(tokens.AsSpan(done));
            done += piece.Tokens.Length;
        }

        _model.Forward(new ForwardBatch(inputs, tokens, _output, cancellationToken), rows);
    }

    /// <summary>Consecutive tokens of a sequence that has a number of them in all.</summary>
    private readonly record struct Piece(int Sequence, int Start, ReadOnlyMemory<int> Tokens, int Total)
    {
        public bool EndsSequence => Start + Tokens.Length == Total;
    }
}
