using System.Runtime.CompilerServices;

namespace RetNet.Extensions.Core.Kernels;

/// <summary>The innermost loop of an integer product: six inputs by two or four vectors of outputs stay in registers while a group's 32 columns run.</summary>
internal static unsafe class IntegerTile<TVector, TPairs>
    where TVector : unmanaged, IFloatVector<TVector>
    where TPairs : unmanaged, IPairVector<TPairs, TVector>
{
    private const int Pair = 2 * WeightPanel.Rows;
    private const int PairsPerGroup = WeightPanel.GroupSize / 2;

    /// <summary><c>products[t × 64 + r] = w[r] · x[t]</c>.</summary>
    /// <param name="x">Six inputs, <c>[6 × 32]</c>.</param>
    /// <param name="stride">Distance of the inputs.</param>
    /// <param name="rows">How many of the six matter.</param>
    /// <param name="w"><c>[16][64][2]</c>.</param>
    /// <param name="products"><c>[6 × 64]</c>.</param>
    public static void Multiply(short* x, long stride, int rows, short* w, int* products)
    {
        if (rows <= 4)
        {
            for (int t = 0; t < rows; t += 2)
            {
                for (int r = 0; r < WeightPanel.Rows; r += 4 * TVector.Count)
                    TwoByFour(x + (t * stride), stride, w + (2 * r), products + (t * WeightPanel.Rows) + r);
            }
        }
        else if (TVector.Count == 8)
        {
            // 15 of the 16 registers of AVX2.
            for (int r = 0; r < WeightPanel.Rows; r += 2 * TVector.Count)
                SixByTwo(x, stride, w + (2 * r), products + r);
        }
        else
        {
            for (int r = 0; r < WeightPanel.Rows; r += 4 * TVector.Count)
                SixByFour(x, stride, w + (2 * r), products + r);
        }
    }


    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SixByTwo(short* x, long stride, short* w, int* products)
    {
        int lanes = TVector.Count;
        TPairs a00 = TPairs.Zero, a01 = TPairs.Zero;
        TPairs a10 = TPairs.Zero, a11 = TPairs.Zero;
        TPairs a20 = TPairs.Zero, a21 = TPairs.Zero;
        TPairs a30 = TPairs.Zero, a31 = TPairs.Zero;
        TPairs a40 = TPairs.Zero, a41 = TPairs.Zero;
        TPairs a50 = TPairs.Zero, a51 = TPairs.Zero;
        short* x3 = x + (3 * stride);
        for (int pair = 0; pair < PairsPerGroup; pair++, x += 2, x3 += 2, w += Pair)
        {
            TPairs w0 = TPairs.Load(w), w1 = TPairs.Load(w + (2 * lanes));
            TPairs v = TPairs.Broadcast(x);
            a00 = TPairs.MultiplyAdd(w0, v, a00);
            a01 = TPairs.MultiplyAdd(w1, v, a01);
            v = TPairs.Broadcast(x + stride);
            a10 = TPairs.MultiplyAdd(w0, v, a10);
            a11 = TPairs.MultiplyAdd(w1, v, a11);
            v = TPairs.Broadcast(x + (2 * stride));
            a20 = TPairs.MultiplyAdd(w0, v, a20);
            a21 = TPairs.MultiplyAdd(w1, v, a21);
            v = TPairs.Broadcast(x3);
            a30 = TPairs.MultiplyAdd(w0, v, a30);
            a31 = TPairs.MultiplyAdd(w1, v, a31);
            v = TPairs.Broadcast(x3 + stride);
            a40 = TPairs.MultiplyAdd(w0, v, a40);
            a41 = TPairs.MultiplyAdd(w1, v, a41);
            v = TPairs.Broadcast(x3 + (2 * stride));
            a50 = TPairs.MultiplyAdd(w0, v, a50);
            a51 = TPairs.MultiplyAdd(w1, v, a51);
        }

        Store(a00, a01, products);
        Store(a10, a11, products += WeightPanel.Rows);
        Store(a20, a21, products += WeightPanel.Rows);
        Store(a30, a31, products += WeightPanel.Rows);
        Store(a40, a41, products += WeightPanel.Rows);
        Store(a50, a51, products += WeightPanel.Rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoByFour(short* x, long stride, short* w, int* products)
    {
        int lanes = TVector.Count;
        TPairs a00 = TPairs.Zero, a01 = TPairs.Zero, a02 = TPairs.Zero, a03 = TPairs.Zero;
        TPairs a10 = TPairs.Zero, a11 = TPairs.Zero, a12 = TPairs.Zero, a13 = TPairs.Zero;
        for (int pair = 0; pair < PairsPerGroup; pair++, x += 2, w += Pair)
        {
            TPairs w0 = TPairs.Load(w), w1 = TPairs.Load(w + (2 * lanes)), w2 = TPairs.Load(w + (4 * lanes)), w3 = TPairs.Load(w + (6 * lanes));
            TPairs v = TPairs.Broadcast(x);
            a00 = TPairs.MultiplyAdd(w0, v, a00);
            a01 = TPairs.MultiplyAdd(w1, v, a01);
            a02 = TPairs.MultiplyAdd(w2, v, a02);
            a03 = TPairs.MultiplyAdd(w3, v, a03);
            v = TPairs.Broadcast(x + stride);
            a10 = TPairs.MultiplyAdd(w0, v, a10);
            a11 = TPairs.MultiplyAdd(w1, v, a11);
            a12 = TPairs.MultiplyAdd(w2, v, a12);
            a13 = TPairs.MultiplyAdd(w3, v, a13);
        }

        Store(a00, a01, a02, a03, products);
        Store(a10, a11, a12, a13, products + WeightPanel.Rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SixByFour(short* x, long stride, short* w, int* products)
    {
        int lanes = TVector.Count;
        TPairs a00 = TPairs.Zero, a01 = TPairs.Zero, a02 = TPairs.Zero, a03 = TPairs.Zero;
        TPairs a10 = TPairs.Zero, a11 = TPairs.Zero, a12 = TPairs.Zero, a13 = TPairs.Zero;
        TPairs a20 = TPairs.Zero, a21 = TPairs.Zero, a22 = TPairs.Zero, a23 = TPairs.Zero;
        TPairs a30 = TPairs.Zero, a31 = TPairs.Zero, a32 = TPairs.Zero, a33 = TPairs.Zero;
        TPairs a40 = TPairs.Zero, a41 = TPairs.Zero, a42 = TPairs.Zero, a43 = TPairs.Zero;
        TPairs a50 = TPairs.Zero, a51 = TPairs.Zero, a52 = TPairs.Zero, a53 = TPairs.Zero;
        short* x3 = x + (3 * stride);
        for (int pair = 0; pair < PairsPerGroup; pair++, x += 2, x3 += 2, w += Pair)
        {
            TPairs w0 = TPairs.Load(w), w1 = TPairs.Load(w + (2 * lanes)), w2 = TPairs.Load(w + (4 * lanes)), w3 = TPairs.Load(w + (6 * lanes));
            TPairs v = TPairs.Broadcast(x);
            a00 = TPairs.MultiplyAdd(w0, v, a00);
            a01 = TPairs.MultiplyAdd(w1, v, a01);
            a02 = TPairs.MultiplyAdd(w2, v, a02);
            a03 = TPairs.MultiplyAdd(w3, v, a03);
            v = TPairs.Broadcast(x + stride);
            a10 = TPairs.MultiplyAdd(w0, v, a10);
            a11 = TPairs.MultiplyAdd(w1, v, a11);
            a12 = TPairs.MultiplyAdd(w2, v, a12);
            a13 = TPairs.MultiplyAdd(w3, v, a13);
            v = TPairs.Broadcast(x + (2 * stride));
            a20 = TPairs.MultiplyAdd(w0, v, a20);
            a21 = TPairs.MultiplyAdd(w1, v, a21);
            a22 = TPairs.MultiplyAdd(w2, v, a22);
            a23 = TPairs.MultiplyAdd(w3, v, a23);
            v = TPairs.Broadcast(x3);
            a30 = TPairs.MultiplyAdd(w0, v, a30);
            a31 = TPairs.MultiplyAdd(w1, v, a31);
            a32 = TPairs.MultiplyAdd(w2, v, a32);
            a33 = TPairs.MultiplyAdd(w3, v, a33);
            v = TPairs.Broadcast(x3 + stride);
            a40 = TPairs.MultiplyAdd(w0, v, a40);
            a41 = TPairs.MultiplyAdd(w1, v, a41);
            a42 = TPairs.MultiplyAdd(w2, v, a42);
            a43 = TPairs.MultiplyAdd(w3, v, a43);
            v = TPairs.Broadcast(x3 + (2 * stride));
            a50 = TPairs.MultiplyAdd(w0, v, a50);
            a51 = TPairs.MultiplyAdd(w1, v, a51);
            a52 = TPairs.MultiplyAdd(w2, v, a52);
            a53 = TPairs.MultiplyAdd(w3, v, a53);
        }

        Store(a00, a01, a02, a03, products);
        Store(a10, a11, a12, a13, products += WeightPanel.Rows);
        Store(a20, a21, a22, a23, products += WeightPanel.Rows);
        Store(a30, a31, a32, a33, products += WeightPanel.Rows);
        Store(a40, a41, a42, a43, products += WeightPanel.Rows);
        Store(a50, a51, a52, a53, products += WeightPanel.Rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(TPairs a0, TPairs a1, int* products)
    {
        TPairs.Store(a0, (short*)products);
        TPairs.Store(a1, (short*)(products + TVector.Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(TPairs a0, TPairs a1, TPairs a2, TPairs a3, int* products)
    {
        Store(a0, a1, products);
        Store(a2, a3, products + (2 * TVector.Count));
    }
}
