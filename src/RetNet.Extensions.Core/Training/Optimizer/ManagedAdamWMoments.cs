using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Training.Optimizer;

/// <summary>AdamW for parameters on the CPU.</summary>
internal sealed unsafe class ManagedAdamWMoments : AdamWMoments
{
    // What is read and written of a block stays in the first-level cache.
    private const int BlockLength = 1024;

    private readonly IReadOnlyList<Parameter> _parameters;
    private readonly TrainingOptions _options;

    // m, then v.
    private readonly NativeBuffer<float> _both;

    public ManagedAdamWMoments(IReadOnlyList<Parameter> parameters, TrainingOptions options)
    {
        (_parameters, _options) = (parameters, options);
        Length = parameters.Sum(parameter => parameter.Length);
        _both = new NativeBuffer<float>(2 * Length);
    }

    public override long Length { get; }

    public override void Step(in AdamWStep step)
    {
        long offset = 0;
        foreach (Parameter parameter in _parameters)
        {
            Update update = new()
            {
                Values = parameter.ValuePointer,
                Gradient = parameter.GradientPointer,
                Mean = Part(AdamWMoment.Mean, offset),
                MeanSquare = Part(AdamWMoment.MeanSquare, offset),
                Length = parameter.Length,
                GradientScale = step.GradientScale,
                Keep = (float)(1 - (step.LearningRate * _options.WeightDecay)),
                Beta1 = (float)_options.Beta1,
                Beta2 = (float)_options.Beta2,
                NewMean = (float)(1 - _options.Beta1),
                NewMeanSquare = (float)(1 - _options.Beta2),
                InverseCorrection2 = step.InverseCorrection2,
                Epsilon = (float)_options.Epsilon,
                StepSize = step.StepSize,
            };
            int blocks = checked((int)((parameter.Length + BlockLength - 1) / BlockLength));
            if (step.Pool is null)
                update.Run(0, blocks);
            else
                step.Pool.For(blocks, 8 * parameter.Length, update);
            offset += parameter.Length;
        }
    }

    public override void Read(AdamWMoment moment, long offset, Span<float> target) =>
        new ReadOnlySpan<float>(Part(moment, offset), target.Length).CopyTo(target);

    public override void Write(AdamWMoment moment, long offset, ReadOnlySpan<float> source) =>
        source.CopyTo(new Span<float>(Part(moment, offset), source.Length));

    public override void Dispose() => _both.Dispose();

    private float* Part(AdamWMoment moment, long offset) => _both.Pointer + (moment == AdamWMoment.Mean ? 0 : Length) + offset;

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

        [SkipLocalsInit]
        public readonly void Run(int from, int to)
        {
            Span<float> scratch = stackalloc float[BlockLength];
            for (int block = from; block < to; block++)
            {
                long first = (long)block * BlockLength;
                int length = (int)Math.Min(BlockLength, Length - first);
                Step(new(Values + first, length), new(Gradient + first, length), new(Mean + first, length), new(MeanSquare + first, length),
                    scratch[..length]);
            }
        }

        private readonly void Step(
            Span<float> values, ReadOnlySpan<float> gradient, Span<float> mean, Span<float> meanSquare, Span<float> scratch)
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
