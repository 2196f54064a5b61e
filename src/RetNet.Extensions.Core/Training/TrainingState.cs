using RetNet.Extensions.Core.Kernels;

namespace RetNet.Extensions.Core.Training;

/// <summary>What the sequences of a batch remember of earlier batches: one matrix per layer, head and sequence of a RetNet.</summary>
/// <remarks>With it a text of any length is trained on in truncated chunks, each with the memory of what came before. Not safe for concurrent use.</remarks>
public sealed unsafe class TrainingState : IDisposable
{
    private readonly NativeBuffer<float> _memory;
    private readonly long[] _positions;
    private readonly int _layers;
    private readonly long _layerValues;

    internal TrainingState(TrainableModel model, int sequences, int layers, long valuesPerLayer)
    {
        (Model, _layers, _layerValues) = (model, layers, valuesPerLayer);
        _positions = new long[sequences];
        _memory = new NativeBuffer<float>(checked(sequences * layers * valuesPerLayer));
    }

    /// <summary>The number of sequences.</summary>
    public int Sequences => _positions.Length;

    internal TrainableModel Model { get; }

    internal bool IsDisposed => _memory.Pointer is null;

    /// <summary>The number of tokens that a sequence has seen.</summary>
    /// <param name="sequence">The sequence, from 0.</param>
    /// <returns>The position of its next token.</returns>
    public long Position(int sequence) => _positions[sequence];

    /// <summary>Forgets what a sequence has seen: another text begins.</summary>
    /// <param name="sequence">The sequence, from 0.</param>
    public void Reset(int sequence)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        _positions[sequence] = 0;
        new Span<float>(Layer(sequence, 0), checked((int)(_layers * _layerValues))).Clear();
    }

    /// <summary>Writes all memories, little-endian.</summary>
    /// <param name="stream">Where to.</param>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using BinaryWriter writer = new(stream, System.Text.Encoding.UTF8, leaveOpen: true);
        for (int sequence = 0; sequence < Sequences; sequence++)
        {
            writer.Write(_positions[sequence]);
            writer.Write(Bytes(sequence));
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote for a state of the same size.</summary>
    /// <param name="stream">Where from.</param>
    /// <exception cref="InvalidDataException">The stream ends early or holds a negative position. The state is then undefined.</exception>
    public void Restore(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using BinaryReader reader = new(stream, System.Text.Encoding.UTF8, leaveOpen: true);
        try
        {
            for (int sequence = 0; sequence < Sequences; sequence++)
            {
                _positions[sequence] = reader.ReadInt64();
                if (_positions[sequence] < 0)
                    throw new InvalidDataException($"The saved state has position {_positions[sequence]}; expected 0 or more.");
                stream.ReadExactly(Bytes(sequence));
            }
        }
        catch (EndOfStreamException exception)
        {
            throw new InvalidDataException("The saved state is truncated.", exception);
        }
    }

    /// <summary>Releases the memory.</summary>
    public void Dispose() => _memory.Dispose();

    /// <summary>The memory of a sequence in a layer, <c>[H × dk × dv]</c>.</summary>
    internal float* Layer(int sequence, int layer) => _memory.Pointer + ((((long)sequence * _layers) + layer) * _layerValues);

    internal void Advance(int sequence, int tokens) => _positions[sequence] += tokens;

    private Span<byte> Bytes(int sequence)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return new(Layer(sequence, 0), checked((int)(_layers * _layerValues * sizeof(float))));
    }
}
