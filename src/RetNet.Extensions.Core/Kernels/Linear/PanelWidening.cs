using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Kernels.Vectors;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Kernels.Linear;

/// <summary>Widens a block of a panel to what the tiles compute with.</summary>
internal static unsafe class PanelWidening<TVector, TPairs>
    where TVector : unmanaged, IFloatVector<TVector>
    where TPairs : unmanaged, IPairVector<TPairs, TVector>
{
    // With few inputs the block comes from memory.
    private const int PrefetchBytes = 2048;

    /// <summary>bfloat16 to float32.</summary>
    /// <param name="w"><c>[columns / 2][64][2]</c>.</param>
    /// <param name="columns">The number of columns; the target has room for an even number.</param>
    /// <param name="target"><c>[columns][64]</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void BFloat16(ushort* w, int columns, float* target)
    {
        for (int c = 0; c < columns; c += 2, w += 2 * WeightPanel.Rows, target += 2 * WeightPanel.Rows)
        {
            Prefetch.FourLines((byte*)w + PrefetchBytes);
            for (int r = 0; r < WeightPanel.Rows; r += TVector.Count)
            {
                TVector.Store(TVector.LoadBFloat16First(w + (2 * r)), target + r);
                TVector.Store(TVector.LoadBFloat16Second(w + (2 * r)), target + WeightPanel.Rows + r);
            }
        }
    }

    /// <summary>Int8 to 16-bit integers.</summary>
    /// <param name="w"><c>[groups × 16][64][2]</c>.</param>
    /// <param name="groups">The number of groups.</param>
    /// <param name="target"><c>[groups × 16][64][2]</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Int8(sbyte* w, int groups, short* target)
    {
        const int pair = 2 * WeightPanel.Rows;
        int pairs = groups * WeightPanel.GroupSize / 2;
        for (int p = 0; p < pairs; p++, w += pair, target += pair)
        {
            Prefetch.TwoLines((byte*)w + PrefetchBytes);
            for (int i = 0; i < pair; i += 2 * TVector.Count)
                TPairs.Store(TPairs.LoadInt8(w + i), target + i);
        }
    }

    /// <summary>Int4 to 16-bit integers.</summary>
    /// <param name="w"><c>[groups × 8][64][2]</c> bytes.</param>
    /// <param name="groups">The number of groups.</param>
    /// <param name="target"><c>[groups × 16][64][2]</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Int4(byte* w, int groups, short* target)
    {
        const int pair = 2 * WeightPanel.Rows;
        int quads = groups * WeightPanel.GroupSize / 4;
        for (int quad = 0; quad < quads; quad++, w += pair, target += 2 * pair)
        {
            Prefetch.TwoLines(w + PrefetchBytes);
            for (int i = 0; i < pair; i += 2 * TVector.Count)
            {
                TPairs.Store(TPairs.LoadLowerNibbles(w + i), target + i);
                TPairs.Store(TPairs.LoadUpperNibbles(w + i), target + pair + i);
            }
        }
    }

    /// <summary>Half-precision scales or offsets to float32.</summary>
    /// <param name="values"><c>[groups][64]</c>.</param>
    /// <param name="groups">The number of groups.</param>
    /// <param name="target"><c>[groups][64]</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Halves(ushort* values, int groups, float* target)
    {
        for (int i = 0; i < groups * WeightPanel.Rows; i += TVector.Count)
            TVector.Store(TVector.LoadHalf(values + i), target + i);
    }
}
