using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RetNet.Extensions.Core.Kernels.Vectors;

/// <summary>Transposes matrices of words, eight vectors of eight words of 32 bits at a time where the processor can.</summary>
internal static unsafe class Transposition
{
    private const int Tile = 8;

    /// <summary>Transposes words of 32 bits.</summary>
    /// <param name="source"><c>[rows × words]</c>, with any alignment.</param>
    /// <param name="rowBytes">Bytes from a row of the source to the next.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="words">The number of words of a row.</param>
    /// <param name="target"><c>[words × rows]</c>.</param>
    /// <param name="stride">Words from a row of the target to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Words32(byte* source, long rowBytes, int rows, int words, uint* target, int stride)
    {
        int word = 0;
        if (Avx2.IsSupported)
        {
            int whole = rows / Tile * Tile;
            for (; word + Tile <= words; word += Tile)
            {
                for (int row = 0; row < whole; row += Tile)
                {
                    byte* s = source + (row * rowBytes) + (word * sizeof(uint));
                    Store(
                        Load(s), Load(s + rowBytes), Load(s + (2 * rowBytes)), Load(s + (3 * rowBytes)), Load(s + (4 * rowBytes)),
                        Load(s + (5 * rowBytes)), Load(s + (6 * rowBytes)), Load(s + (7 * rowBytes)),
                        target + ((long)word * stride) + row, stride);
                }

                OneByOne(source, rowBytes, whole, rows, word, word + Tile, target, stride);
            }
        }

        OneByOne(source, rowBytes, 0, rows, word, words, target, stride);
    }

    /// <summary>Transposes words of 16 bits.</summary>
    /// <param name="source"><c>[rows × words]</c>, with any alignment.</param>
    /// <param name="rowBytes">Bytes from a row of the source to the next.</param>
    /// <param name="rows">A multiple of 16.</param>
    /// <param name="words">The number of words of a row.</param>
    /// <param name="target"><c>[words × rows]</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Words16(byte* source, long rowBytes, int rows, int words, ushort* target)
    {
        int word = 0;
        if (Avx2.IsSupported)
        {
            // Two words of two rows are two words of 32 bits, each of both rows.
            for (; word + (2 * Tile) <= words; word += 2 * Tile)
            {
                for (int row = 0; row < rows; row += 2 * Tile)
                {
                    byte* s = source + (row * rowBytes) + (word * sizeof(ushort));
                    uint* even = (uint*)(target + ((long)word * rows) + row);
                    uint* odd = (uint*)(target + ((long)(word + 1) * rows) + row);
                    long pair = 2 * rowBytes;
                    Store(
                        Lower(s, rowBytes), Lower(s + pair, rowBytes), Lower(s + (2 * pair), rowBytes), Lower(s + (3 * pair), rowBytes),
                        Lower(s + (4 * pair), rowBytes), Lower(s + (5 * pair), rowBytes), Lower(s + (6 * pair), rowBytes),
                        Lower(s + (7 * pair), rowBytes), even, rows);
                    Store(
                        Upper(s, rowBytes), Upper(s + pair, rowBytes), Upper(s + (2 * pair), rowBytes), Upper(s + (3 * pair), rowBytes),
                        Upper(s + (4 * pair), rowBytes), Upper(s + (5 * pair), rowBytes), Upper(s + (6 * pair), rowBytes),
                        Upper(s + (7 * pair), rowBytes), odd, rows);
                }
            }
        }

        for (; word < words; word++)
        {
            for (int row = 0; row < rows; row++)
                target[((long)word * rows) + row] = *(ushort*)(source + (row * rowBytes) + (word * sizeof(ushort)));
        }
    }

    private static void OneByOne(
        byte* source, long rowBytes, int firstRow, int rows, int firstWord, int words, uint* target, int stride)
    {
        for (int word = firstWord; word < words; word++)
        {
            for (int row = firstRow; row < rows; row++)
                target[((long)word * stride) + row] = *(uint*)(source + (row * rowBytes) + (word * sizeof(uint)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Load(byte* source) => Vector256.Load((uint*)source);

    /// <summary>The lower words of a row, each with that of the next row above it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Lower(byte* row, long rowBytes) =>
        (Load(row) & Vector256.Create(0xFFFFu)) | (Load(row + rowBytes) << 16);

    /// <summary>The upper words of a row, each with that of the next row above it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Upper(byte* row, long rowBytes) =>
        (Load(row) >>> 16) | (Load(row + rowBytes) & Vector256.Create(0xFFFF_0000u));

    /// <summary>Stores eight rows as eight columns, which are <paramref name="stride"/> words apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(
        Vector256<uint> a, Vector256<uint> b, Vector256<uint> c, Vector256<uint> d, Vector256<uint> e, Vector256<uint> f,
        Vector256<uint> g, Vector256<uint> h, uint* target, long stride)
    {
        // Words 0, 1, 4 and 5 of two rows, then 2, 3, 6 and 7.
        Vector256<ulong> ab = Avx2.UnpackLow(a, b).AsUInt64(), abUpper = Avx2.UnpackHigh(a, b).AsUInt64();
        Vector256<ulong> cd = Avx2.UnpackLow(c, d).AsUInt64(), cdUpper = Avx2.UnpackHigh(c, d).AsUInt64();
        Vector256<ulong> ef = Avx2.UnpackLow(e, f).AsUInt64(), efUpper = Avx2.UnpackHigh(e, f).AsUInt64();
        Vector256<ulong> gh = Avx2.UnpackLow(g, h).AsUInt64(), ghUpper = Avx2.UnpackHigh(g, h).AsUInt64();
        StoreColumns(Avx2.UnpackLow(ab, cd), Avx2.UnpackLow(ef, gh), target, 4 * stride);
        StoreColumns(Avx2.UnpackHigh(ab, cd), Avx2.UnpackHigh(ef, gh), target + stride, 4 * stride);
        StoreColumns(Avx2.UnpackLow(abUpper, cdUpper), Avx2.UnpackLow(efUpper, ghUpper), target + (2 * stride), 4 * stride);
        StoreColumns(Avx2.UnpackHigh(abUpper, cdUpper), Avx2.UnpackHigh(efUpper, ghUpper), target + (3 * stride), 4 * stride);
    }

    /// <summary>Stores the lower halves as a column, and the upper ones as the fourth after it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreColumns(Vector256<ulong> abcd, Vector256<ulong> efgh, uint* target, long fourth)
    {
        Avx2.Permute2x128(abcd, efgh, 0x20).AsUInt32().Store(target);
        Avx2.Permute2x128(abcd, efgh, 0x31).AsUInt32().Store(target + fourth);
    }
}
