using System.Numerics.Tensors;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Kernels.Vectors;

namespace RetNet.Extensions.Core.Kernels.Functions;

/// <summary>Layer normalisation (arXiv 1607.06450).</summary>
internal static unsafe class LayerNorm
{
    /// <summary><c>y = (x − mean(x)) / √(var(x) + ε) ⊙ w + b</c> for each row, the rows shared by the threads.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="x"><c>[rows × width]</c>.</param>
    /// <param name="weight"><c>[width]</c>.</param>
    /// <param name="bias"><c>[width]</c>, or null for none.</param>
    /// <param name="y"><c>[rows × width]</c>; may be x.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="width">Values of a row.</param>
    /// <param name="epsilon">ε.</param>
    public static void Apply(WorkerPool pool, float* x, float* weight, float* bias, float* y, int rows, int width, float epsilon)
    {
        const int costPerValue = 4;
        pool.For(rows, (long)rows * width * costPerValue,
            new Job { X = x, Weight = weight, Bias = bias, Y = y, Width = width, Epsilon = epsilon });
    }

    /// <summary>Normalises rows; an index is a row.</summary>
    private readonly struct Job : IRangeJob
    {
        public required float* X { get; init; }

        public required float* Weight { get; init; }

        public required float* Bias { get; init; }

        public required float* Y { get; init; }

        public required int Width { get; init; }

        public required float Epsilon { get; init; }

        public void Run(int from, int to)
        {
            for (long row = from; row < to; row++)
            {
                ReadOnlySpan<float> source = new(X + (row * Width), Width);
                Span<float> target = new(Y + (row * Width), Width);
                TensorPrimitives.Subtract(source, VectorSum.Sum(source) / Width, target);
                float variance = VectorSum.SumOfSquares(target) / Width;
                TensorPrimitives.Multiply(target, 1 / MathF.Sqrt(variance + Epsilon), target);
                TensorPrimitives.Multiply(target, new ReadOnlySpan<float>(Weight, Width), target);
                if (Bias is not null)
                    TensorPrimitives.Add(target, new ReadOnlySpan<float>(Bias, Width), target);
            }
        }
    }
}
