using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Kernels;

namespace RetNet.Extensions.Core.Retention;

/// <summary>The recurrent form's step: update and read-out of the state in one pass over it.</summary>
internal static unsafe class RecurrentStep
{
    /// <summary><c>U ← γ U + kᵀ v</c>, <c>o = q U</c>.</summary>
    /// <param name="state">U, <c>[dk × dv]</c>.</param>
    /// <param name="query">q, <c>[dk]</c>.</param>
    /// <param name="key">k, <c>[dk]</c>.</param>
    /// <param name="value">v, <c>[dv]</c>.</param>
    /// <param name="output">o, <c>[dv]</c>.</param>
    /// <param name="keyWidth">dk.</param>
    /// <param name="valueWidth">dv.</param>
    /// <param name="decay">γ.</param>
    public static void Run(float* state, float* query, float* key, float* value, float* output, int keyWidth, int valueWidth, float decay)
    {
        if (VectorWidth.Is512)
            Run<FloatVector512>(state, query, key, value, output, keyWidth, valueWidth, decay);
        else if (VectorWidth.Is256)
            Run<FloatVector256>(state, query, key, value, output, keyWidth, valueWidth, decay);
        else
            Run<FloatVector128>(state, query, key, value, output, keyWidth, valueWidth, decay);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Run<TVector>(float* state, float* query, float* key, float* value, float* output, int keyWidth, int valueWidth, float decay)
        where TVector : unmanaged, IFloatVector<TVector>
    {
        int lanes = TVector.Count;
        TVector gamma = TVector.Broadcast(decay);
        int column = 0;

        // Four vectors of columns at a time: v and o stay in registers while the rows of U pass by.
        for (; column + (4 * lanes) <= valueWidth; column += 4 * lanes)
        {
            TVector v0 = TVector.Load(value + column), v1 = TVector.Load(value + column + lanes);
            TVector v2 = TVector.Load(value + column + (2 * lanes)), v3 = TVector.Load(value + column + (3 * lanes));
            TVector o0 = TVector.Zero, o1 = TVector.Zero, o2 = TVector.Zero, o3 = TVector.Zero;
            float* u = state + column;
            for (int row = 0; row < keyWidth; row++, u += valueWidth)
            {
                TVector k = TVector.Broadcast(key[row]), q = TVector.Broadcast(query[row]);
                TVector u0 = TVector.MultiplyAdd(k, v0, TVector.Multiply(gamma, TVector.Load(u)));
                TVector u1 = TVector.MultiplyAdd(k, v1, TVector.Multiply(gamma, TVector.Load(u + lanes)));
                TVector u2 = TVector.MultiplyAdd(k, v2, TVector.Multiply(gamma, TVector.Load(u + (2 * lanes))));
                TVector u3 = TVector.MultiplyAdd(k, v3, TVector.Multiply(gamma, TVector.Load(u + (3 * lanes))));
                TVector.Store(u0, u);
                TVector.Store(u1, u + lanes);
                TVector.Store(u2, u + (2 * lanes));
                TVector.Store(u3, u + (3 * lanes));
                o0 = TVector.MultiplyAdd(q, u0, o0);
                o1 = TVector.MultiplyAdd(q, u1, o1);
                o2 = TVector.MultiplyAdd(q, u2, o2);
                o3 = TVector.MultiplyAdd(q, u3, o3);
            }

            TVector.Store(o0, output + column);
            TVector.Store(o1, output + column + lanes);
            TVector.Store(o2, output + column + (2 * lanes));
            TVector.Store(o3, output + column + (3 * lanes));
        }

        for (; column < valueWidth; column++)
        {
            float o = 0;
            for (int row = 0; row < keyWidth; row++)
            {
                float* u = state + ((long)row * valueWidth) + column;
                *u = (decay * *u) + (key[row] * value[column]);
                o += query[row] * *u;
            }

            output[column] = o;
        }
    }
}
