using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using RetNet.Extensions.Core.Kernels.Vectors;

namespace RetNet.Extensions.Core.Models.RetNet;

/// <summary>The recurrent form's step: update and read-out of the state in one pass over it.</summary>
internal static unsafe class RecurrentStep
{
    // Prefetch distance, in rows of the state.
    private const int RowsAhead = 8;

    /// <summary><c>U ← γ U + kᵀ v</c>, <c>o = q U</c>; o is read before U is rounded to its format.</summary>
    /// <param name="state">U, <c>[dk × dv]</c>.</param>
    /// <param name="query">q, <c>[dk]</c>.</param>
    /// <param name="key">k, <c>[dk]</c>.</param>
    /// <param name="value">v, <c>[dv]</c>.</param>
    /// <param name="output">o, <c>[dv]</c>.</param>
    /// <param name="keyWidth">dk.</param>
    /// <param name="valueWidth">dv.</param>
    /// <param name="decay">γ.</param>
    public static void Run<TStored>(
        TStored* state, float* query, float* key, float* value, float* output, int keyWidth, int valueWidth, float decay)
        where TStored : unmanaged, IStoredFloat<TStored>
    {
        if (VectorWidth.Is512)
            Run<FloatVector512, TStored>(state, query, key, value, output, keyWidth, valueWidth, decay);
        else if (VectorWidth.Is256)
            Run<FloatVector256, TStored>(state, query, key, value, output, keyWidth, valueWidth, decay);
        else
            Run<FloatVector128, TStored>(state, query, key, value, output, keyWidth, valueWidth, decay);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Run<TVector, TStored>(
        TStored* state, float* query, float* key, float* value, float* output, int keyWidth, int valueWidth, float decay)
        where TVector : unmanaged, IFloatVector<TVector>
        where TStored : unmanaged, IStoredFloat<TStored>
    {
        int lanes = TVector.Count;
        TVector gamma = TVector.Broadcast(decay);
        int column = 0;

        // Four vectors of columns at a time: v and o stay in registers while the rows of U are read.
        for (; column + (4 * lanes) <= valueWidth; column += 4 * lanes)
        {
            TVector v0 = TVector.Load(value + column), v1 = TVector.Load(value + column + lanes);
            TVector v2 = TVector.Load(value + column + (2 * lanes)), v3 = TVector.Load(value + column + (3 * lanes));
            TVector o0 = TVector.Zero, o1 = TVector.Zero, o2 = TVector.Zero, o3 = TVector.Zero;
            TStored* u = state + column;
            for (int row = 0; row < keyWidth; row++, u += valueWidth)
            {
                Prefetch(u + ((long)RowsAhead * valueWidth), 4 * lanes);
                TVector k = TVector.Broadcast(key[row]), q = TVector.Broadcast(query[row]);
                TVector u0 = TVector.MultiplyAdd(k, v0, TVector.Multiply(gamma, TStored.Load<TVector>(u)));
                TVector u1 = TVector.MultiplyAdd(k, v1, TVector.Multiply(gamma, TStored.Load<TVector>(u + lanes)));
                TVector u2 = TVector.MultiplyAdd(k, v2, TVector.Multiply(gamma, TStored.Load<TVector>(u + (2 * lanes))));
                TVector u3 = TVector.MultiplyAdd(k, v3, TVector.Multiply(gamma, TStored.Load<TVector>(u + (3 * lanes))));
                TStored.Store(u0, u);
                TStored.Store(u1, u + lanes);
                TStored.Store(u2, u + (2 * lanes));
                TStored.Store(u3, u + (3 * lanes));
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

        for (; column + lanes <= valueWidth; column += lanes)
        {
            TVector v = TVector.Load(value + column), o = TVector.Zero;
            TStored* u = state + column;
            for (int row = 0; row < keyWidth; row++, u += valueWidth)
            {
                TVector updated = TVector.MultiplyAdd(TVector.Broadcast(key[row]), v, TVector.Multiply(gamma, TStored.Load<TVector>(u)));
                TStored.Store(updated, u);
                o = TVector.MultiplyAdd(TVector.Broadcast(query[row]), updated, o);
            }

            TVector.Store(o, output + column);
        }

        for (; column < valueWidth; column++)
        {
            float o = 0;
            for (int row = 0; row < keyWidth; row++)
            {
                TStored* u = state + ((long)row * valueWidth) + column;
                float updated = MathF.FusedMultiplyAdd(key[row], value[column], decay * TStored.Widen(*u));
                *u = TStored.Round(updated);
                o = MathF.FusedMultiplyAdd(query[row], updated, o);
            }

            output[column] = o;
        }
    }

    /// <summary>Prefetches a row's columns; the address may lie behind the state.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch<TStored>(TStored* columns, int count)
        where TStored : unmanaged
    {
        if (!Sse.IsSupported)
            return;
        for (int line = 0; line < count * sizeof(TStored); line += 64)
            Sse.Prefetch0((byte*)columns + line);
    }
}
