using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Kernels;

namespace RetNet.Extensions.Core.Training;

/// <summary>Adam with decoupled weight decay (arXiv 1711.05101), as torch.optim.AdamW computes it.</summary>
public sealed unsafe class AdamW : IDisposable
{
    private const int BlockLength = 4096;
    private const uint Signature = 0x57_4D_44_41;

    private readonly IReadOnlyList<Parameter> _parameters;
    private readonly AdamWOptions _options;
    private readonly NativeBuffer<float> _mean;
    private readonly NativeBuffer<float> _meanSquare;
    private readonly WorkerPool? _pool;

    /// <summary>Creates an optimiser without history.</summary>
    /// <param name="parameters">What it moves; the values must outlive it.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public AdamW(IReadOnlyList<Parameter> parameters, AdamWOptions? options = null)
        : this(parameters, options, pool: null)
    {
    }

    internal AdamW(IReadOnlyList<Parameter> parameters, AdamWOptions? options, WorkerPool? pool)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        (_parameters, _options, _pool) = (parameters, options ?? new AdamWOptions(), pool);
        _options.Check();
        long length = parameters.Sum(parameter => parameter.Length);
        _mean = new NativeBuffer<float>(length);
        _meanSquare = new NativeBuffer<float>(length);
    }

    /// <summary>The number of steps taken.</summary>
    public long Steps { get; private set; }

    /// <summary>Moves every parameter against its gradient.</summary>
    /// <param name="learningRate">Step size.</param>
    /// <param name="gradientScale">Factor of the gradients, such as that of clipping.</param>
    /// <remarks>
    /// With g the scaled gradient: p ← p (1 − lr·decay); m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²;
    /// p ← p − lr / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε).
    /// </remarks>
    /// <exception cref="ObjectDisposedException">The optimiser or the parameters' owner was disposed.</exception>
    public void Step(double learningRate, double gradientScale = 1)
    {
        ObjectDisposedException.ThrowIf(_mean.Pointer is null, this);
        Steps++;
        double correction1 = 1 - Math.Pow(_options.Beta1, Steps);
        double correction2 = Math.Sqrt(1 - Math.Pow(_options.Beta2, Steps));
        long offset = 0;
        foreach (Parameter parameter in _parameters)
        {
            bool decays = !_options.DecayMatricesOnly || parameter.Shape.Length > 1;
            Update update = new()
            {
                Values = parameter.ValuePointer,
                Gradient = parameter.GradientPointer,
                Mean = _mean.Pointer + offset,
                MeanSquare = _meanSquare.Pointer + offset,
                Length = parameter.Length,
                GradientScale = (float)gradientScale,
                Keep = (float)(1 - (decays ? learningRate * _options.WeightDecay : 0)),
                Beta1 = (float)_options.Beta1,
                Beta2 = (float)_options.Beta2,
                NewMean = (float)(1 - _options.Beta1),
                NewMeanSquare = (float)(1 - _options.Beta2),
                InverseCorrection2 = (float)(1 / correction2),
                Epsilon = (float)_options.Epsilon,
                StepSize = (float)(learningRate / correction1),
            };
            int blocks = checked((int)((parameter.Length + BlockLength - 1) / BlockLength));
            if (_pool is null)
                update.Run(0, blocks);
            else
                _pool.For(blocks, 8 * parameter.Length, update);
            offset += parameter.Length;
        }
    }

    /// <summary>Writes the history, little-endian.</summary>
    /// <param name="stream">Where to.</param>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ObjectDisposedException.ThrowIf(_mean.Pointer is null, this);
        using BinaryWriter writer = new(stream, System.Text.Encoding.UTF8, leaveOpen: true);
        writer.Write(Signature);
        writer.Write(Steps);
        writer.Write(_mean.Length);
        foreach (NativeBuffer<float> moments in (ReadOnlySpan<NativeBuffer<float>>)[_mean, _meanSquare])
        {
            for (long i = 0; i < moments.Length; i += BlockLength)
                writer.Write(Bytes(moments, i));
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote for parameters of the same sizes.</summary>
    /// <param name="stream">Where from.</param>
    /// <exception cref="InvalidDataException">The stream holds something else, or ends early. The history is then undefined.</exception>
    public void Restore(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ObjectDisposedException.ThrowIf(_mean.Pointer is null, this);
        using BinaryReader reader = new(stream, System.Text.Encoding.UTF8, leaveOpen: true);
        try
        {
            if (reader.ReadUInt32() != Signature)
                throw new InvalidDataException("The stream holds no history of AdamW.");
            long steps = reader.ReadInt64();
            long length = reader.ReadInt64();
            if (steps < 0 || length != _mean.Length)
                throw new InvalidDataException($"The history of AdamW has {steps} steps of {length} values; expected {_mean.Length} values.");
            foreach (NativeBuffer<float> moments in (ReadOnlySpan<NativeBuffer<float>>)[_mean, _meanSquare])
            {
                for (long i = 0; i < moments.Length; i += BlockLength)
                    stream.ReadExactly(Bytes(moments, i));
            }

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
        _mean.Dispose();
        _meanSquare.Dispose();
    }

    private static Span<byte> Bytes(NativeBuffer<float> moments, long from) =>
        MemoryMarshal.AsBytes(new Span<float>(moments.Pointer + from, (int)Math.Min(BlockLength, moments.Length - from)));

    /// <summary>One parameter's step; an index is a block of its values.</summary>
    private struct Update : IRangeJob
    {
        public float* Values;
        public float* Gradient;
        public float* Mean;
        public float* MeanSquare;
        public long Length;
        public float GradientScale;
        public float Keep;
        public float Beta1;
        public float Beta2;
        public float NewMean;
        public float NewMeanSquare;
        public float InverseCorrection2;
        public float Epsilon;
        public float StepSize;

        public readonly void Run(int from, int to)
        {
            Span<float> scratch = stackalloc float[BlockLength];
            for (int block = from; block < to; block++)
            {
                long first = (long)block * BlockLength;
                int length = (int)Math.Min(BlockLength, Length - first);
                Step(new(Values + first, length), new(Gradient + first, length), new(Mean + first, length), new(MeanSquare + first, length), scratch[..length]);
            }
        }

        private readonly void Step(Span<float> values, ReadOnlySpan<float> gradient, Span<float> mean, Span<float> meanSquare, Span<float> scratch)
        {
            TensorPrimitives.Multiply(gradient, GradientScale, scratch);

            // m ← β₁ m + (1 − β₁) g
            TensorPrimitives.Multiply(mean, Beta1, mean);
            TensorPrimitives.MultiplyAdd(scratch, NewMean, mean, mean);

            // v ← β₂ v + (1 − β₂) g²
            TensorPrimitives.Multiply(scratch, scratch, scratch);
            TensorPrimitives.Multiply(meanSquare, Beta2, meanSquare);
            TensorPrimitives.MultiplyAdd(scratch, NewMeanSquare, meanSquare, meanSquare);

            // p ← p (1 − lr·decay) − lr / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)
            TensorPrimitives.Sqrt(meanSquare, scratch);
            TensorPrimitives.Multiply(scratch, InverseCorrection2, scratch);
            TensorPrimitives.Add(scratch, Epsilon, scratch);
            TensorPrimitives.Divide(mean, scratch, scratch);
            TensorPrimitives.Multiply(values, Keep, values);
            TensorPrimitives.MultiplyAdd(scratch, -StepSize, values, values);
        }
    }
}
