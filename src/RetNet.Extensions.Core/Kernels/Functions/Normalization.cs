using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Kernels.Vectors;

namespace RetNet.Extensions.Core.Kernels.Functions;

/// <summary>Root-mean-square norms (RMSNorm, arXiv 1910.07467).</summary>
internal static unsafe class Normalization
{
    /// <summary><c>y = x / √(mean(x²) + ε) ⊙ w</c> for each row.</summary>
    /// <param name="x"><c>[rows × width]</c>.</param>
    /// <param name="weight"><c>[width]</c>, or null for none.</param>
    /// <param name="y"><c>[rows × width]</c>; may be x.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="width">The number of values that are normalised together.</param>
    /// <param name="epsilon">ε.</param>
    public static void Rms(float* x, float* weight, float* y, int rows, int width, float epsilon)
    {
        if (VectorWidth.Is512)
            Rms<FloatVector512>(x, weight, y, rows, width, epsilon);
        else if (VectorWidth.Is256)
            Rms<FloatVector256>(x, weight, y, rows, width, epsilon);
        else
            Rms<FloatVector128>(x, weight, y, rows, width, epsilon);
    }

    /// <summary>The same, its rows shared by the threads.</summary>
    /// <inheritdoc cref="Rms(float*, float*, float*, int, int, float)"/>
    public static void Rms(WorkerPool pool, float* x, float* weight, float* y, int rows, int width, float epsilon)
    {
        const int costPerValue = 2;
        pool.For(rows, (long)rows * width * costPerValue, new RmsJob { X = x, Weight = weight, Y = y, Width = width, Epsilon = epsilon });
    }

    /// <summary><c>gate = act(gate) ⊙ RMSNorm_head(x)</c> for rows of heads, shared by the threads: a row is gated while its norm is still
    /// in the cache.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="activation">One of the gates of <see cref="Activations"/>.</param>
    /// <param name="gate"><c>[rows × heads·width]</c>.</param>
    /// <param name="x"><c>[rows × heads·width]</c>; left normalised.</param>
    /// <param name="weight"><c>[width]</c>, or null for none.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="heads">The number of heads of a row.</param>
    /// <param name="width">The number of values of a head, which are normalised together.</param>
    /// <param name="epsilon">ε.</param>
    public static void RmsGate(
        WorkerPool pool, delegate*<Span<float>, ReadOnlySpan<float>, void> activation, float* gate, float* x, float* weight, int rows,
        int heads, int width, float epsilon)
    {
        const int costPerValue = 10;
        pool.For(rows, (long)rows * heads * width * costPerValue, new RmsGateJob
        {
            Activation = activation,
            Gate = gate,
            X = x,
            Weight = weight,
            Heads = heads,
            Width = width,
            Epsilon = epsilon,
        });
    }

    /// <summary>The gradient of <see cref="Rms(float*, float*, float*, int, int, float)"/>: with x̂ = x / rms, dx = (dy ⊙ w − x̂ · mean(dy
    /// ⊙ w ⊙ x̂)) / rms and dw = Σ dy ⊙ x̂.</summary>
    /// <param name="x">As in the forward pass, <c>[rows × width]</c>.</param>
    /// <param name="weight"><c>[width]</c>, or null for none.</param>
    /// <param name="dy"><c>[rows × width]</c>.</param>
    /// <param name="dx"><c>[rows × width]</c>; may be dy unless it is added to.</param>
    /// <param name="dWeight">The weight's gradient is added to it, <c>[width]</c>; null without a weight.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="width">The number of values that are normalised together.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="add">True to add to dx.</param>
    public static void RmsBackward(
        float* x, float* weight, float* dy, float* dx, float* dWeight, int rows, int width, float epsilon, bool add)
    {
        if (VectorWidth.Is512)
            RmsBackwardKernel<FloatVector512>.Apply(x, weight, dy, dx, dWeight, rows, width, epsilon, add);
        else if (VectorWidth.Is256)
            RmsBackwardKernel<FloatVector256>.Apply(x, weight, dy, dx, dWeight, rows, width, epsilon, add);
        else
            RmsBackwardKernel<FloatVector128>.Apply(x, weight, dy, dx, dWeight, rows, width, epsilon, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rms<TVector>(float* x, float* weight, float* y, int rows, int width, float epsilon)
        where TVector : unmanaged, IFloatVector<TVector>
    {
        int vectors = width - (width % TVector.Count);
        for (int row = 0; row < rows; row++, x += width, y += width)
        {
            float inverse = 1 / MathF.Sqrt((VectorSum.SumOfSquares(new ReadOnlySpan<float>(x, width)) / width) + epsilon);
            TVector factor = TVector.Broadcast(inverse);
            for (int i = 0; i < vectors; i += TVector.Count)
            {
                TVector normalised = TVector.Multiply(TVector.Load(x + i), factor);
                TVector.Store(weight is null ? normalised : TVector.Multiply(normalised, TVector.Load(weight + i)), y + i);
            }

            for (int i = vectors; i < width; i++)
                y[i] = weight is null ? x[i] * inverse : x[i] * inverse * weight[i];
        }
    }

    /// <summary>Normalises rows; an index is a row.</summary>
    private readonly struct RmsJob : IRangeJob
    {
        public required float* X { get; init; }

        public required float* Weight { get; init; }

        public required float* Y { get; init; }

        public required int Width { get; init; }

        public required float Epsilon { get; init; }

        public void Run(int from, int to) => Rms(X + ((long)from * Width), Weight, Y + ((long)from * Width), to - from, Width, Epsilon);
    }

    /// <summary>Normalises the heads of rows and gates them; an index is a row.</summary>
    private readonly struct RmsGateJob : IRangeJob
    {
        public required delegate*<Span<float>, ReadOnlySpan<float>, void> Activation { get; init; }

        public required float* Gate { get; init; }

        public required float* X { get; init; }

        public required float* Weight { get; init; }

        public required int Heads { get; init; }

        public required int Width { get; init; }

        public required float Epsilon { get; init; }

        public void Run(int from, int to)
        {
            int rowWidth = Heads * Width;
            for (long row = from; row < to; row++)
            {
                float* x = X + (row * rowWidth);
                Rms(x, Weight, x, Heads, Width, Epsilon);
                Activation(new Span<float>(Gate + (row * rowWidth), rowWidth), new ReadOnlySpan<float>(x, rowWidth));
            }
        }
    }
}
