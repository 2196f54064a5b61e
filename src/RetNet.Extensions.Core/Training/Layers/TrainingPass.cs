using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Memory;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>The current batch, as all layers see it.</summary>
internal sealed unsafe class TrainingPass : IDisposable
{
    private readonly NativeBuffer<float> _cosines = new(0);
    private readonly NativeBuffer<float> _sines = new(0);
    private readonly List<TrainingSequence> _sequences = [];

    public TrainingPass(int threads) => Pool = new WorkerPool(threads);

    public WorkerPool Pool { get; }

    /// <summary>Tokens of all sequences.</summary>
    public int Rows { get; private set; }

    /// <summary>The sequences, one after the other.</summary>
    public IReadOnlyList<TrainingSequence> Sequences => _sequences;

    public RetentionForm Form { get; private set; }

    /// <summary>Tokens per chunk of retention; 0 for the model's default.</summary>
    public int ChunkLength { get; private set; }

    public ManagedTrainingState? State { get; private set; }

    public float Dropout { get; private set; }

    public ulong DropoutSeed { get; private set; }

    /// <summary>Rotary table, <c>[rows × pairs]</c>.</summary>
    public float* Cosines => _cosines.Pointer;

    /// <summary>Rotary table, <c>[rows × pairs]</c>.</summary>
    public float* Sines => _sines.Pointer;

    public CancellationToken CancellationToken { get; private set; }

    /// <summary>Takes over a checked batch.</summary>
    public void Begin(in TrainingBatch batch, ReadOnlySpan<float> frequencies)
    {
        (Form, ChunkLength, State, CancellationToken) = (batch.Form, batch.ChunkLength, (ManagedTrainingState?)batch.State,
            batch.CancellationToken);
        (Dropout, DropoutSeed) = (batch.Dropout, batch.DropoutSeed);
        Rows = batch.Tokens.Length;
        long table = (long)Rows * frequencies.Length;
        if (_cosines.Length < table)
        {
            _cosines.ResizeParts(1, table);
            _sines.ResizeParts(1, table);
        }

        _sequences.Clear();
        int first = 0;
        foreach (int length in batch.Lengths)
        {
            long position = State?.Position(_sequences.Count) ?? 0;
            long offset = (long)first * frequencies.Length;
            Rotary.FillTable(frequencies, position, length, Cosines + offset, Sines + offset);
            _sequences.Add(new TrainingSequence(first, length, position));
            first += length;
        }
    }

    /// <summary>Works on ranges of rows on all threads.</summary>
    /// <param name="width">Values per row, for the cost.</param>
    /// <param name="body">Gets the first row and the row after the last.</param>
    public void ForRows(long width, Action<int, int> body) => Pool.For(Rows, Rows * width, body);

    public void Dispose()
    {
        Pool.Dispose();
        _cosines.Dispose();
        _sines.Dispose();
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
