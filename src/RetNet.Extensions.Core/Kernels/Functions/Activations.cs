using System.Numerics.Tensors;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Kernels.Vectors;

namespace RetNet.Extensions.Core.Kernels.Functions;

/// <summary>Element-wise nonlinearities of feed-forward networks and gates.</summary>
internal static unsafe class Activations
{
    private const float SwigluLimit = 7;
    private const float SwigluSlope = 1.702f;

    /// <summary><c>x = act(x) ⊙ y</c> for rows, shared by the threads.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="activation">One of the gates below.</param>
    /// <param name="x"><c>[rows × width]</c>.</param>
    /// <param name="y"><c>[rows × width]</c>.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="width">Values of a row.</param>
    public static void Gate(
        WorkerPool pool, delegate*<Span<float>, ReadOnlySpan<float>, void> activation, float* x, float* y, int rows, int width)
    {
        const int costPerValue = 8;
        pool.For(rows, (long)rows * width * costPerValue, new GateJob { Activation = activation, X = x, Y = y, Width = width });
    }

    /// <summary><c>x = silu(x) ⊙ y</c> with silu(x) = x · sigmoid(x).</summary>
    public static void SiluGate(Span<float> x, ReadOnlySpan<float> y)
    {
        fixed (float* gate = x, up = y)
        {
            if (VectorWidth.Is512)
                SiluGateKernel<FloatVector512>.Forward(gate, up, x.Length);
            else if (VectorWidth.Is256)
                SiluGateKernel<FloatVector256>.Forward(gate, up, x.Length);
            else
                SiluGateKernel<FloatVector128>.Forward(gate, up, x.Length);
        }
    }

    /// <summary><c>x = gelu(x) ⊙ y</c> with gelu(x) ≈ x (1 + tanh u) / 2 = x · sigmoid(2u), u = √(2/π) (x + 0.044715 x³).</summary>
    /// <remarks>The sigmoids are computed in whole vectors: the scalar one rounds differently, and a value would depend on its
    /// place.</remarks>
    public static void GeluTanhGate(Span<float> x, ReadOnlySpan<float> y)
    {
        const int block = 256;
        const float slope = 1.5957691216f;
        Span<float> sigmoid = stackalloc float[block];
        for (int i = 0; i < x.Length; i += block)
        {
            Span<float> part = x.Slice(i, Math.Min(block, x.Length - i));
            Span<float> vectors = sigmoid[..((part.Length + 15) & ~15)];
            vectors.Clear();

            // 2u = 2√(2/π) x (1 + 0.044715 x²)
            TensorPrimitives.Multiply(part, part, vectors);
            TensorPrimitives.Multiply(vectors, 0.044715f, vectors);
            TensorPrimitives.Add(vectors, 1f, vectors);
            TensorPrimitives.Multiply(vectors, slope, vectors);
            TensorPrimitives.Multiply(vectors[..part.Length], part, vectors);
            TensorPrimitives.Sigmoid(vectors, vectors);
            TensorPrimitives.Multiply(part, vectors[..part.Length], part);
            TensorPrimitives.Multiply(part, y.Slice(i, part.Length), part);
        }
    }

    /// <summary><c>x = gelu(x) ⊙ y</c> with the exact gelu(x) = x · Φ(x).</summary>
    public static void GeluGate(Span<float> x, ReadOnlySpan<float> y)
    {
        for (int i = 0; i < x.Length; i++)
            x[i] = (float)(x[i] * 0.5 * (1 + Erf(x[i] / double.Sqrt(2)))) * y[i];
    }

    /// <summary><c>x = max(x, 0) ⊙ y</c>.</summary>
    public static void ReluGate(Span<float> x, ReadOnlySpan<float> y)
    {
        TensorPrimitives.Max(x, 0f, x);
        TensorPrimitives.Multiply(x, y, x);
    }

    /// <summary><c>x = g σ(1.702 g) ⊙ (u + 1)</c> with g = min(x, 7) and u = y, cut to ±7: the gate of gpt-oss.</summary>
    public static void ClampedSwigluGate(Span<float> x, ReadOnlySpan<float> y)
    {
        const int block = 256;
        Span<float> sigmoids = stackalloc float[block];
        for (int i = 0; i < x.Length; i += block)
        {
            Span<float> part = x.Slice(i, Math.Min(block, x.Length - i));
            TensorPrimitives.Min(part, SwigluLimit, part);
            Span<float> sigmoid = ClampedSigmoids(part, sigmoids);
            TensorPrimitives.Multiply(part, sigmoid, part);
            TensorPrimitives.Clamp(y.Slice(i, part.Length), -SwigluLimit, SwigluLimit, sigmoid);
            TensorPrimitives.Add(sigmoid, 1f, sigmoid);
            TensorPrimitives.Multiply(part, sigmoid, part);
        }
    }

    /// <summary>The gradient of <see cref="ClampedSwigluGate"/>; 0 where a value is cut.</summary>
    public static void ClampedSwigluGateBackward(
        ReadOnlySpan<float> gate, ReadOnlySpan<float> up, ReadOnlySpan<float> dy, Span<float> dGate, Span<float> dUp)
    {
        for (int i = 0; i < gate.Length; i++)
        {
            float g = MathF.Min(gate[i], SwigluLimit), u = Math.Clamp(up[i], -SwigluLimit, SwigluLimit), d = dy[i];
            float sigmoid = 1 / (1 + MathF.Exp(-SwigluSlope * g));
            dUp[i] = up[i] == u ? d * g * sigmoid : 0;
            dGate[i] = gate[i] == g ? d * (u + 1) * sigmoid * (1 + (SwigluSlope * g * (1 - sigmoid))) : 0;
        }
    }

    /// <summary>
    /// The gradient of y = silu(gate) ⊙ up: with σ = sigmoid(gate), dUp = dy ⊙ gate ⊙ σ and dGate = dy ⊙ up ⊙ σ ⊙ (1 + gate ⊙ (1 − σ)).
    /// </summary>
    /// <remarks>dUp may be dy.</remarks>
    public static void SiluGateBackward(
        ReadOnlySpan<float> gate, ReadOnlySpan<float> up, ReadOnlySpan<float> dy, Span<float> dGate, Span<float> dUp)
    {
        fixed (float* g = gate, u = up, d = dy, dg = dGate, du = dUp)
        {
            if (VectorWidth.Is512)
                SiluGateKernel<FloatVector512>.Backward(g, u, d, dg, du, gate.Length);
            else if (VectorWidth.Is256)
                SiluGateKernel<FloatVector256>.Backward(g, u, d, dg, du, gate.Length);
            else
                SiluGateKernel<FloatVector128>.Backward(g, u, d, dg, du, gate.Length);
        }
    }

    /// <summary>The gradient of y = gelu(gate) ⊙ up; gelu′(x) = Φ(x) + x φ(x).</summary>
    public static void GeluGateBackward(
        ReadOnlySpan<float> gate, ReadOnlySpan<float> up, ReadOnlySpan<float> dy, Span<float> dGate, Span<float> dUp)
    {
        for (int i = 0; i < gate.Length; i++)
        {
            double x = gate[i];
            double cumulative = 0.5 * (1 + Erf(x / double.Sqrt(2)));
            double density = Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
            dUp[i] = (float)(dy[i] * x * cumulative);
            dGate[i] = (float)((double)dy[i] * up[i] * (cumulative + (x * density)));
        }
    }

    /// <summary>The gradient of <see cref="GeluTanhGate"/>: with σ = sigmoid(2u), gelu′(x) = σ + x σ (1 − σ) · 2u′ and 2u′ = 2√(2/π)
    /// (1 + 3 · 0.044715 x²).</summary>
    public static void GeluTanhGateBackward(
        ReadOnlySpan<float> gate, ReadOnlySpan<float> up, ReadOnlySpan<float> dy, Span<float> dGate, Span<float> dUp)
    {
        const float slope = 1.5957691216f, cubic = 0.044715f;
        for (int i = 0; i < gate.Length; i++)
        {
            float x = gate[i], square = x * x, d = dy[i];
            float sigmoid = 1 / (1 + MathF.Exp(-slope * x * (1 + (cubic * square))));
            dUp[i] = d * x * sigmoid;
            dGate[i] = d * up[i] * sigmoid * (1 + (x * (1 - sigmoid) * slope * (1 + (3 * cubic * square))));
        }
    }

    /// <summary>The gradient of y = max(gate, 0) ⊙ up.</summary>
    public static void ReluGateBackward(
        ReadOnlySpan<float> gate, ReadOnlySpan<float> up, ReadOnlySpan<float> dy, Span<float> dGate, Span<float> dUp)
    {
        for (int i = 0; i < gate.Length; i++)
        {
            dUp[i] = gate[i] > 0 ? dy[i] * gate[i] : 0;
            dGate[i] = gate[i] > 0 ? dy[i] * up[i] : 0;
        }
    }

    /// <summary>
    /// The error function to double precision: its Maclaurin-type series erf(x) = 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!! for
    /// |x| &lt; 3, a continued fraction of erfc (Abramowitz and Stegun 7.1.14) beyond.
    /// </summary>
    internal static double Erf(double x)
    {
        double magnitude = Math.Abs(x);
        if (magnitude > 6)
            return Math.CopySign(1, x);
        return magnitude < 3 ? ErfSeries(x) : Math.CopySign(1 - ErfcFraction(magnitude), x);
    }

    // σ(1.702 g), in whole vectors: the scalar one rounds differently.
    private static Span<float> ClampedSigmoids(ReadOnlySpan<float> g, Span<float> memory)
    {
        Span<float> vectors = memory[..((g.Length + 15) & ~15)];
        vectors[g.Length..].Clear();
        TensorPrimitives.Multiply(g, SwigluSlope, vectors);
        TensorPrimitives.Sigmoid(vectors, vectors);
        return vectors[..g.Length];
    }

    private static double ErfSeries(double x)
    {
        double term = x;
        double sum = x;
        for (int n = 1; Math.Abs(term) > Math.Abs(sum) * 1e-17; n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    private static double ErfcFraction(double x)
    {
        double fraction = x;
        for (int n = 60; n > 0; n--)
            fraction = x + (n / 2.0 / fraction);
        return Math.Exp(-x * x) / (Math.Sqrt(Math.PI) * fraction);
    }

    /// <summary>Gates rows; an index is a row.</summary>
    private readonly struct GateJob : IRangeJob
    {
        public required delegate*<Span<float>, ReadOnlySpan<float>, void> Activation { get; init; }

        public required float* X { get; init; }

        public required float* Y { get; init; }

        public required int Width { get; init; }

        public void Run(int from, int to)
        {
            for (long row = from; row < to; row++)
                Activation(new Span<float>(X + (row * Width), Width), new ReadOnlySpan<float>(Y + (row * Width), Width));
        }
    }
}
