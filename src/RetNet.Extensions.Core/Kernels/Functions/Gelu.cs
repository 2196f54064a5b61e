using System.Numerics;
using RetNet.Extensions.Core.Kernels.Threads;

namespace RetNet.Extensions.Core.Kernels.Functions;

/// <summary>The exact gelu(x) = x · Φ(x) = x/2 · (1 + erf(x/√2)) (arXiv 1606.08415), in vectors.</summary>
/// <remarks>
/// The error function is x · P(x²) / Q(x²), whose relative error is below 2·10⁻⁹ where |x| is at most <see cref="Largest"/>; beyond, it is
/// 1 up to 3·10⁻⁸. It is computed in float64, because 1 + erf(x) loses most digits where x is negative.
/// </remarks>
internal static unsafe class Gelu
{
    private const double Largest = 3.925;

    /// <summary><c>x = gelu(x)</c>, or <c>x = gelu(x) ⊙ y</c>, for rows that are shared by the threads.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="x"><c>[rows × width]</c>.</param>
    /// <param name="y"><c>[rows × width]</c>, or null for none.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="width">Values of a row.</param>
    public static void Apply(WorkerPool pool, float* x, float* y, int rows, int width)
    {
        const int costPerValue = 16;
        pool.For(rows, (long)rows * width * costPerValue, new Job { X = x, Y = y, Width = width });
    }

    /// <summary><c>x = gelu(x)</c>.</summary>
    public static void InPlace(Span<float> x)
    {
        int count = Vector<float>.Count, i = 0;
        for (; i + count <= x.Length; i += count)
            Of(new Vector<float>(x[i..])).CopyTo(x[i..]);
        if (i == x.Length)
            return;

        // The rest in a whole vector too, so that a value does not depend on its place.
        Span<float> rest = stackalloc float[count];
        rest.Clear();
        x[i..].CopyTo(rest);
        Of(new Vector<float>(rest)).CopyTo(rest);
        rest[..(x.Length - i)].CopyTo(x[i..]);
    }

    private static Vector<float> Of(Vector<float> x)
    {
        Vector.Widen(x, out Vector<double> low, out Vector<double> high);
        return Vector.Narrow(Of(low), Of(high));
    }

    private static Vector<double> Of(Vector<double> x)
    {
        Vector<double> limit = new(Largest);
        Vector<double> z = Vector.Min(Vector.Max(x * Math.Sqrt(0.5), -limit), limit), u = z * z;
        Vector<double> p = Horner(u, [
            1.12837916916, 0.185142577751, 0.0542494215025, 0.00383949117226, 0.000376960396993, 4.6145483233e-06, -1.28284803342e-08]);
        Vector<double> q = Horner(u, [1, 0.49741174416, 0.11388073027, 0.0154325012337, 0.00130197003254, 6.24490785455e-05]);
        return x * 0.5 * (Vector<double>.One + (z * p / q));
    }

    private static Vector<double> Horner(Vector<double> u, ReadOnlySpan<double> coefficients)
    {
        Vector<double> sum = new(coefficients[^1]);
        for (int i = coefficients.Length - 2; i >= 0; i--)
            sum = (sum * u) + new Vector<double>(coefficients[i]);
        return sum;
    }

    /// <summary>An index is a row.</summary>
    private readonly struct Job : IRangeJob
    {
        public required float* X { get; init; }

        public required float* Y { get; init; }

        public required int Width { get; init; }

        public void Run(int from, int to)
        {
            for (long row = from; row < to; row++)
            {
                Span<float> x = new(X + (row * Width), Width);
                InPlace(x);
                if (Y is not null)
                    System.Numerics.Tensors.TensorPrimitives.Multiply(x, new ReadOnlySpan<float>(Y + (row * Width), Width), x);
            }
        }
    }
}
