using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Vectors;

namespace RetNet.Extensions.Core.Kernels.Linear;

/// <summary>Lays rows of weights out in panels, see <see cref="WeightPanel"/>: a panel is the transpose of its rows' words, which are
/// float32 numbers, pairs of bfloat16, pairs of Int8 or fours of Int4.</summary>
/// <remarks>Rows are taken piece by piece, so that what is written of them stays in the first-level cache until it is transposed.</remarks>
internal static unsafe class WeightPacking
{
    /// <summary>Columns of a piece: eight groups, and the largest block of a file.</summary>
    public const int PieceColumns = 256;

    /// <summary>Writes one panel.</summary>
    /// <param name="weights">The matrix.</param>
    /// <param name="panel">The panel.</param>
    /// <param name="type">How the rows are stored: Float32, BFloat16, Float16 or a block format.</param>
    /// <param name="rows">The panel's rows, with any alignment.</param>
    /// <param name="rowBytes">Bytes of a row.</param>
    /// <param name="count">The number of rows, up to 64.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(PackedWeights weights, int panel, TensorType type, byte* rows, long rowBytes, int count)
    {
        int columns = weights.Columns;
        byte* target = weights.Panel(panel);
        if (count == WeightPanel.Rows && HasWordsOf(weights, type))
        {
            Transposition.Words32(
                rows, rowBytes, WeightPanel.Rows, (int)(rowBytes / sizeof(uint)), (uint*)target, WeightPanel.Rows);
            return;
        }

        if (weights.IsInteger)
        {
            IntegerPacking.Pack(weights, panel, type, rows, rowBytes, count);
            return;
        }

        // Rows that the matrix does not have stay zero.
        int pieceBytes = Bytes(weights.Format, PieceColumns);
        byte* words = stackalloc byte[WeightPanel.Rows * pieceBytes];
        for (int first = 0; first < columns; first += PieceColumns, target += WeightPanel.Rows * pieceBytes)
        {
            int length = Math.Min(PieceColumns, columns - first);
            byte* stored = rows + StoredMatrix.Bytes(type, first);
            for (int r = 0; r < count; r++, stored += rowBytes)
            {
                byte* row = words + (r * pieceBytes);
                if (length < PieceColumns)
                    NativeMemory.Clear(row, (nuint)pieceBytes);
                PackFloats(weights.Format, type, stored, length, row);
            }

            int bytes = Bytes(weights.Format, length);
            Transposition.Words32(words, pieceBytes, WeightPanel.Rows, bytes / sizeof(uint), (uint*)target, WeightPanel.Rows);
        }
    }

    /// <summary>Whether stored rows are the words of the panels as they are.</summary>
    private static bool HasWordsOf(PackedWeights weights, TensorType type) =>
        (type == TensorType.Float32 && weights.Format == WeightFormat.Float32)
        || (type == TensorType.BFloat16 && weights.Format == WeightFormat.BFloat16 && weights.Columns % 2 == 0);

    /// <summary>Bytes of a row in a panel.</summary>
    public static int Bytes(WeightFormat format, int columns) => (int)(WeightPanel.ByteSize(format, columns) / WeightPanel.Rows);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackFloats(WeightFormat format, TensorType type, byte* stored, int length, byte* words)
    {
        if (format == WeightFormat.Float32)
        {
            StoredMatrix.Widen(type, new ReadOnlySpan<byte>(stored, (int)StoredMatrix.Bytes(type, length)), new Span<float>(words, length));
        }
        else if (type == TensorType.BFloat16)
        {
            NativeMemory.Copy(stored, words, (nuint)length * sizeof(ushort));
        }
        else
        {
            float* buffer = stackalloc float[PieceColumns];
            StoredValues.Round(Floats(type, stored, length, buffer), (StoredBFloat16*)words, length);
        }
    }

    /// <summary>Stored values as float32: where they are, or widened into a buffer.</summary>
    public static float* Floats(TensorType type, byte* stored, int length, float* buffer)
    {
        if (type == TensorType.Float32)
            return (float*)stored;
        StoredMatrix.Widen(type, new ReadOnlySpan<byte>(stored, (int)StoredMatrix.Bytes(type, length)), new Span<float>(buffer, length));
        return buffer;
    }
}
