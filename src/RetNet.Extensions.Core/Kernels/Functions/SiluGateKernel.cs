using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Kernels.Vectors;

namespace RetNet.Extensions.Core.Kernels.Functions;

/// <summary>y = silu(gate) ⊙ up and its gradient, each in one pass. A last vector that is not whole is computed apart, so a value does not
/// depend on its place.</summary>
internal static unsafe class SiluGateKernel<TVector>
    where TVector : unmanaged, IFloatVector<TVector>
{
    /// <inheritdoc cref="Activations.SiluGate"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(float* x, float* y, int length)
    {
        int i = 0;
        for (; i + TVector.Count <= length; i += TVector.Count)
        {
            TVector gate = TVector.Load(x + i);
            TVector.Store(TVector.Multiply(TVector.Multiply(gate, Exponential.Sigmoid(gate)), TVector.Load(y + i)), x + i);
        }

        if (i == length)
            return;
        float* rest = stackalloc float[2 * TVector.Count];
        Copy(x + i, rest, length - i);
        Copy(y + i, rest + TVector.Count, length - i);
        Forward(rest, rest + TVector.Count, TVector.Count);
        Copy(rest, x + i, length - i);
    }

    /// <inheritdoc cref="Activations.SiluGateBackward"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(float* gate, float* up, float* dy, float* dGate, float* dUp, int length)
    {
        int i = 0;
        TVector one = TVector.Broadcast(1), minusOne = TVector.Broadcast(-1);
        for (; i + TVector.Count <= length; i += TVector.Count)
        {
            // σ (1 + g (1 − σ)) = σ + s (1 − σ) with s = silu(g) = g σ
            TVector g = TVector.Load(gate + i), d = TVector.Load(dy + i), sigmoid = Exponential.Sigmoid(g);
            TVector silu = TVector.Multiply(g, sigmoid);
            TVector slope = TVector.MultiplyAdd(silu, TVector.MultiplyAdd(sigmoid, minusOne, one), sigmoid);
            TVector.Store(TVector.Multiply(TVector.Multiply(d, TVector.Load(up + i)), slope), dGate + i);
            TVector.Store(TVector.Multiply(d, silu), dUp + i);
        }

        if (i == length)
            return;
        float* rest = stackalloc float[5 * TVector.Count];
        float* upRest = rest + TVector.Count, dyRest = upRest + TVector.Count, dGateRest = dyRest + TVector.Count;
        Copy(gate + i, rest, length - i);
        Copy(up + i, upRest, length - i);
        Copy(dy + i, dyRest, length - i);
        Backward(rest, upRest, dyRest, dGateRest, dGateRest + TVector.Count, TVector.Count);
        Copy(dGateRest, dGate + i, length - i);
        Copy(dGateRest + TVector.Count, dUp + i, length - i);
    }

    private static void Copy(float* from, float* to, int count) => new ReadOnlySpan<float>(from, count).CopyTo(new Span<float>(to, count));
}
