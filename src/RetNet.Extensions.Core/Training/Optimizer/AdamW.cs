using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Kernels.Threads;

namespace RetNet.Extensions.Core.Training.Optimizer;

/// <summary>Adam with decoupled weight decay (arXiv 1711.05101), as torch.optim.AdamW computes it, on the device of each
/// parameter.</summary>
internal sealed class AdamW : IDisposable
{
    private const int BlockLength = 1 << 16;
    private const uint Signature = 0x57_4D_44_41;

    private readonly List<AdamWMoments> _moments = [];
    private readonly TrainingOptions _options;
    private readonly WorkerPool? _pool;
    private readonly long _length;
    private bool _disposed;

    /// <summary>Creates an optimiser without history.</summary>
    /// <param name="parameters">The parameters that it updates; their memory must outlive it.</param>
    /// <param name="options">Its β₁, β₂, ε and weight decay, which were checked.</param>
    /// <param name="pool">The threads of a model on the CPU; null for the calling one.</param>
    /// <exception cref="InsufficientMemoryException">The history does not fit into the host's memory.</exception>
    /// <exception cref="Devices.DeviceMemoryException">It does not fit into the memory of the parameters' device.</exception>
    public AdamW(IReadOnlyList<Parameter> parameters, TrainingOptions options, WorkerPool? pool = null)
    {
        (_options, _pool) = (options, pool);
        try
        {
            foreach (ParameterGroup group in ParameterGroup.Split(parameters))
                _moments.Add(group.Memory.CreateMoments(group.Parameters, _options));
        }
        catch
        {
            Dispose();
            throw;
        }

        _length = _moments.Sum(moments => moments.Length);
    }

    /// <summary>The number of steps taken.</summary>
    public long Steps { get; private set; }

    /// <summary>Updates every parameter.</summary>
    /// <param name="learningRate">Step size.</param>
    /// <param name="gradientScale">Factor of the gradients, such as that of clipping.</param>
    /// <remarks>
    /// With g the scaled gradient: p ← p (1 − lr·decay); m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²;
    /// p ← p − lr / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε).
    /// </remarks>
    /// <exception cref="ObjectDisposedException">The optimiser or the parameters' owner was disposed.</exception>
    /// <exception cref="Devices.DeviceMemoryException">Memory ran out on the device; parameters and history are then undefined.</exception>
    public void Step(double learningRate, double gradientScale = 1)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Steps++;
        double correction1 = 1 - Math.Pow(_options.Beta1, Steps);
        double correction2 = Math.Sqrt(1 - Math.Pow(_options.Beta2, Steps));
        AdamWStep step = new(learningRate, (float)gradientScale, (float)(learningRate / correction1), (float)(1 / correction2))
        {
            Pool = _pool,
        };
        foreach (AdamWMoments moments in _moments)
            moments.Step(step);
    }

    /// <summary>Writes the history, little-endian, the same from every device.</summary>
    /// <param name="stream">The target.</param>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ObjectDisposedException.ThrowIf(_disposed, this);
        using BinaryWriter writer = new(stream, System.Text.Encoding.UTF8, leaveOpen: true);
        writer.Write(Signature);
        writer.Write(Steps);
        writer.Write(_length);
        ForBlocks((moments, moment, offset, block) =>
        {
            moments.Read(moment, offset, block.Span);
            writer.Write(MemoryMarshal.AsBytes(block.Span));
        });
    }

    /// <summary>Reads what <see cref="Save"/> wrote for parameters of the same sizes, on whatever device they were.</summary>
    /// <param name="stream">The source.</param>
    /// <exception cref="InvalidDataException">The stream holds something else, or ends early. The history is then undefined.</exception>
    public void Restore(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ObjectDisposedException.ThrowIf(_disposed, this);
        using BinaryReader reader = new(stream, System.Text.Encoding.UTF8, leaveOpen: true);
        try
        {
            if (reader.ReadUInt32() != Signature)
                throw new InvalidDataException("The stream holds no history of AdamW.");
            long steps = reader.ReadInt64();
            long length = reader.ReadInt64();
            if (steps < 0 || length != _length)
                throw new InvalidDataException($"The history of AdamW has {steps} steps of {length} values; expected {_length} values.");
            ForBlocks((moments, moment, offset, block) =>
            {
                stream.ReadExactly(MemoryMarshal.AsBytes(block.Span));
                moments.Write(moment, offset, block.Span);
            });
            Steps = steps;
        }
        catch (EndOfStreamException exception)
        {
            throw new InvalidDataException("The history of AdamW is truncated.", exception);
        }
    }

    /// <summary>Releases the history.</summary>
    public void Dispose()
    {
        _disposed = true;
        foreach (AdamWMoments moments in _moments)
            moments.Dispose();
    }

    /// <summary>Goes through all values of m, then through all of v, in pieces of a bounded size.</summary>
    private void ForBlocks(Action<AdamWMoments, AdamWMoment, long, Memory<float>> body)
    {
        float[] block = new float[Math.Min(BlockLength, _length)];
        foreach (AdamWMoment moment in (ReadOnlySpan<AdamWMoment>)[AdamWMoment.Mean, AdamWMoment.MeanSquare])
        {
            foreach (AdamWMoments moments in _moments)
            {
                for (long offset = 0; offset < moments.Length; offset += BlockLength)
                    body(moments, moment, offset, block.AsMemory(0, (int)Math.Min(BlockLength, moments.Length - offset)));
            }
        }
    }
}
