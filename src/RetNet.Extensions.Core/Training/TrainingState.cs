using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace RetNet.Extensions.Core.Training;

/// <summary>What the sequences of a batch remember of earlier batches: one matrix per layer, head and sequence of a RetNet.</summary>
/// <remarks>It lets a text of any length be trained on in truncated chunks, each of which remembers the earlier ones. Not safe for
/// concurrent use.</remarks>
[Experimental("RETNET001")]
public abstract class TrainingState : IDisposable
{
    private readonly long[] _positions;

    /// <summary>Remembers nothing yet.</summary>
    /// <param name="model">The model that it belongs to.</param>
    /// <param name="sequences">The number of sequences.</param>
    protected TrainingState(TrainableModel model, int sequences) => (Model, _positions) = (model, new long[sequences]);

    /// <summary>The number of sequences.</summary>
    public int Sequences => _positions.Length;

    internal TrainableModel Model { get; }

    /// <summary>Whether the memory was released.</summary>
    protected internal abstract bool IsDisposed { get; }

    /// <summary>Values of all layers' matrices of one sequence.</summary>
    protected internal abstract long ValuesPerSequence { get; }

    /// <summary>The number of tokens that a sequence has seen.</summary>
    /// <param name="sequence">The sequence, from 0.</param>
    /// <returns>The position of its next token.</returns>
    public long Position(int sequence) => _positions[sequence];

    /// <summary>Clears the memory of a sequence, because another text begins.</summary>
    /// <param name="sequence">The sequence, from 0.</param>
    public void Reset(int sequence)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        _positions[sequence] = 0;
        Clear(sequence);
    }

    /// <summary>Writes all memories, little-endian, the same from every device.</summary>
    /// <param name="stream">The target.</param>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        using BinaryWriter writer = new(stream, System.Text.Encoding.UTF8, leaveOpen: true);
        float[] values = new float[ValuesPerSequence];
        for (int sequence = 0; sequence < Sequences; sequence++)
        {
            writer.Write(_positions[sequence]);
            Read(sequence, values);
            writer.Write(MemoryMarshal.AsBytes(values.AsSpan()));
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote for a state of the same size.</summary>
    /// <param name="stream">The source.</param>
    /// <exception cref="InvalidDataException">The stream ends early or holds a negative position. The state is then undefined.</exception>
    public void Restore(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        using BinaryReader reader = new(stream, System.Text.Encoding.UTF8, leaveOpen: true);
        float[] values = new float[ValuesPerSequence];
        try
        {
            for (int sequence = 0; sequence < Sequences; sequence++)
            {
                _positions[sequence] = reader.ReadInt64();
                if (_positions[sequence] < 0)
                    throw new InvalidDataException($"The saved state has position {_positions[sequence]}; expected 0 or more.");
                stream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
                Write(sequence, values);
            }
        }
        catch (EndOfStreamException exception)
        {
            throw new InvalidDataException("The saved state is truncated.", exception);
        }
    }

    /// <summary>Releases the memory.</summary>
    public abstract void Dispose();

    /// <summary>Counts tokens that a sequence has seen.</summary>
    /// <param name="sequence">The sequence, from 0.</param>
    /// <param name="tokens">The number of tokens.</param>
    public void Advance(int sequence, int tokens) => _positions[sequence] += tokens;

    /// <summary>Sets the matrices of a sequence to 0.</summary>
    /// <param name="sequence">The sequence, from 0.</param>
    protected abstract void Clear(int sequence);

    /// <summary>Copies the matrices of a sequence to the host, <c>[layers × H × dk × dv]</c>.</summary>
    /// <param name="sequence">The sequence, from 0.</param>
    /// <param name="target">Receives <see cref="ValuesPerSequence"/> values.</param>
    protected internal abstract void Read(int sequence, Span<float> target);

    /// <summary>Replaces the matrices of a sequence.</summary>
    /// <param name="sequence">The sequence, from 0.</param>
    /// <param name="source"><see cref="ValuesPerSequence"/> values.</param>
    protected internal abstract void Write(int sequence, ReadOnlySpan<float> source);
}
