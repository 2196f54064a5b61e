using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Kernels.Threads;

namespace RetNet.Extensions.Core.Kernels.Functions;

/// <summary>Bounds scores smoothly, <c>cap · tanh(x / cap)</c> (Gemma 2, arXiv 2408.00118, section 2).</summary>
internal static unsafe class SoftCap
{
    // tanh is 1 in float32 beyond it.
    private const float Limit = 7.99881172f;

    /// <summary><c>x = cap · tanh(s x / cap)</c>, or s x without a cap, for rows, shared by the threads.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="x"><c>[rows × width]</c>.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="width">Values of a row.</param>
    /// <param name="scale">s.</param>
    /// <param name="cap">The cap; null for none.</param>
    public static void Apply(WorkerPool pool, float* x, int rows, int width, float scale, float? cap)
    {
        const int costPerValue = 8;
        int pieces = (width + CapJob.Piece - 1) / CapJob.Piece;
        pool.For(rows * pieces, (long)rows * width * costPerValue, new CapJob(x, width, pieces, scale, cap ?? 0));
    }

    /// <summary><c>x = cap · tanh(s x / cap)</c>. A value's result does not depend on its place.</summary>
    public static void Apply(Span<float> x, float scale, float cap)
    {
        int i = 0;
        for (; i + Vector<float>.Count <= x.Length; i += Vector<float>.Count)
            Bounded(new Vector<float>(x[i..]), scale, cap).CopyTo(x[i..]);
        if (i == x.Length)
            return;
        Span<float> rest = stackalloc float[Vector<float>.Count];
        rest.Clear();
        x[i..].CopyTo(rest);
        Bounded(new Vector<float>(rest), scale, cap).CopyTo(rest);
        rest[..(x.Length - i)].CopyTo(x[i..]);
    }

    /// <summary>The derivative by x at bounded values y = cap · tanh(s x / cap), <c>s (1 − (y / cap)²)</c>.</summary>
    public static void Slope(ReadOnlySpan<float> y, float scale, float cap, Span<float> slope)
    {
        TensorPrimitives.Divide(y, cap, slope);
        TensorPrimitives.Multiply(slope, slope, slope);
        TensorPrimitives.Subtract(1f, slope, slope);
        TensorPrimitives.Multiply(slope, scale, slope);
    }

    private static Vector<float> Bounded(Vector<float> x, float scale, float cap) => cap * Tanh(x * (scale / cap));

    /// <summary>tanh as a quotient of polynomials, to four units in the last place (the coefficients are those of Eigen's tanh).</summary>
    private static Vector<float> Tanh(Vector<float> x)
    {
        x = Vector.Min(Vector.Max(x, new Vector<float>(-Limit)), new Vector<float>(Limit));
        Vector<float> square = x * x;
        Vector<float> above = Step(new Vector<float>(-2.76076847742355e-16f), square, 2.00018790482477e-13f);
        above = Step(above, square, -8.60467152213735e-11f);
        above = Step(above, square, 5.12229709037114e-08f);
        above = Step(above, square, 1.48572235717979e-05f);
        above = Step(above, square, 6.37261928875436e-04f);
        above = Step(above, square, 4.89352455891786e-03f);
        Vector<float> below = Step(new Vector<float>(1.19825839466702e-06f), square, 1.18534705686654e-04f);
        below = Step(below, square, 2.26843463243900e-03f);
        below = Step(below, square, 4.89352518554385e-03f);
        return x * above / below;
    }

    /// <summary>A step of Horner's rule.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Step(Vector<float> sum, Vector<float> x, float coefficient) =>
        Vector.FusedMultiplyAdd(sum, x, new Vector<float>(coefficient));

    /// <summary>Bounds pieces of rows; an index is a piece.</summary>
    private readonly struct CapJob(float* x, int width, int pieces, float scale, float cap) : IRangeJob
    {
        public const int Piece = 4096;

        public void Run(int from, int to)
        {
            for (int index = from; index < to; index++)
            {
                int first = index % pieces * Piece;
                Span<float> piece = new(x + ((long)(index / pieces) * width) + first, Math.Min(Piece, width - first));
                if (cap == 0)
                    TensorPrimitives.Multiply(piece, scale, piece);
                else
                    Apply(piece, scale, cap);
            }
        }
    }
}
