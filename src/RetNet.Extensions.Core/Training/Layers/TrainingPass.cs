using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Memory;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>The current batch, as all layers see it.</summary>
internal sealed unsafe class TrainingPass : IDisposable
{
    private readonly List<(NativeBuffer<float> Cosines, NativeBuffer<float> Sines)> _tables = [];
    private readonly List<TrainingSequence> _sequences = [];
    private long[] _positions = [];

    public TrainingPass(int threads) => Pool = new WorkerPool(threads);

    public WorkerPool Pool { get; }

    /// <summary>Tokens of all sequences.</summary>
    public int Rows { get; private set; }

    /// <summary>The sequences, one after the other.</summary>
    public IReadOnlyList<TrainingSequence> Sequences => _sequences;

    /// <summary>The position of each row's token.</summary>
    public ReadOnlySpan<long> Positions => _positions.AsSpan(0, Rows);

    public RetentionForm Form { get; private set; }

    /// <summary>Tokens per chunk of retention; 0 for the model's default.</summary>
    public int ChunkLength { get; private set; }

    public ManagedTrainingState? State { get; private set; }

    public float Dropout { get; private set; }

    public ulong DropoutSeed { get; private set; }

    /// <summary>Table of a rotary embedding of the model, <c>[rows × pairs]</c>.</summary>
    public float* Cosines(int rotation) => _tables[rotation].Cosines.Pointer;

    /// <summary>Table of a rotary embedding of the model, <c>[rows × pairs]</c>.</summary>
    public float* Sines(int rotation) => _tables[rotation].Sines.Pointer;

    public CancellationToken CancellationToken { get; private set; }

    /// <summary>Takes over a checked batch.</summary>
    public void Begin(in TrainingBatch batch, RotaryTable[] rotations)
    {
        (Form, ChunkLength, State, CancellationToken) = (batch.Form, batch.ChunkLength, (ManagedTrainingState?)batch.State,
            batch.CancellationToken);
        (Dropout, DropoutSeed) = (batch.Dropout, batch.DropoutSeed);
        Rows = batch.Tokens.Length;
        if (_positions.Length < Rows)
            _positions = new long[Rows];
        _sequences.Clear();
        int first = 0;
        foreach (int length in batch.Lengths)
        {
            long position = State?.Position(_sequences.Count) ?? 0;
            _sequences.Add(new TrainingSequence(first, length, position));
            for (int i = 0; i < length; i++)
                _positions[first + i] = position + i;
            first += length;
        }

        for (int rotation = 0; rotation < rotations.Length; rotation++)
            FillTable(rotation, rotations[rotation]);
    }

    /// <summary>Works on ranges of rows on all threads.</summary>
    /// <param name="width">Values per row, for the cost.</param>
    /// <param name="body">Gets the first row and the row after the last.</param>
    public void ForRows(long width, Action<int, int> body) => Pool.For(Rows, Rows * width, body);

    public void Dispose()
    {
        Pool.Dispose();
        foreach ((NativeBuffer<float> cosines, NativeBuffer<float> sines) in _tables)
        {
            cosines.Dispose();
            sines.Dispose();
        }
    }

    private void FillTable(int rotation, RotaryTable table)
    {
        if (_tables.Count == rotation)
            _tables.Add((new(0), new(0)));
        (NativeBuffer<float> cosines, NativeBuffer<float> sines) = _tables[rotation];
        for (int i = 0; i < _sequences.Count; i++)
        {
            TrainingSequence sequence = _sequences[i], before = i > 0 ? _sequences[i - 1] : default;
            float[] frequencies = table.Frequencies(sequence.Position + sequence.Length);
            long length = (long)Rows * frequencies.Length, offset = (long)sequence.FirstRow * frequencies.Length;
            cosines.Reserve(length);
            sines.Reserve(length);
            float* rowCosines = cosines.Pointer + offset, rowSines = sines.Pointer + offset;
            if ((before.Position, before.Length) == (sequence.Position, sequence.Length))
            {
                long bytes = (long)sequence.Length * frequencies.Length * sizeof(float);
                Buffer.MemoryCopy((byte*)rowCosines - bytes, rowCosines, bytes, bytes);
                Buffer.MemoryCopy((byte*)rowSines - bytes, rowSines, bytes, bytes);
            }
            else
            {
                Rotary.FillTable(frequencies, sequence.Position, sequence.Length, rowCosines, rowSines, table.Factor);
            }
        }
    }
}

/// <summary>Memory that all layers use, one after the other.</summary>
/// <param name="width">Model width d.</param>
/// <param name="inner">The widest input of an output projection.</param>
/// <param name="projection">The widest output of an input projection.</param>
internal sealed unsafe class TrainingScratch(int width, int inner, int projection) : IDisposable
{
    private readonly ScratchRows _rows = new([width, width, inner, projection]);

    /// <summary>The normalised input of half a block, <c>[rows × d]</c>.</summary>
    public float* Normalized => _rows[0];

    /// <summary>What half a block adds to the residual stream, or a gradient of that width, <c>[rows × d]</c>.</summary>
    public float* Branch => _rows[1];

    /// <summary>The gradient of an output projection's input, <c>[rows × inner]</c>.</summary>
    public float* InnerGradient => _rows[2];

    /// <summary>The gradient of the input projections, <c>[rows × projection]</c>.</summary>
    public float* ProjectionGradient => _rows[3];

    public void Reserve(int rows) => _rows.Reserve(rows);

    public void Dispose() => _rows.Dispose();
}

/// <summary>The rows of one sequence in a batch.</summary>
/// <param name="FirstRow">Its first row.</param>
/// <param name="Length">Its number of tokens.</param>
/// <param name="Position">The position of its first token: above 0 if it continues an earlier batch.</param>
internal readonly record struct TrainingSequence(int FirstRow, int Length, long Position);
