using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Formats.Blocks;
using RetNet.Extensions.Core.Kernels.Vectors;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Kernels.Linear;

/// <summary>Lays rows of weights out in panels of Int8 or Int4, see <see cref="WeightPacking"/>: blocks of a file whose integers are those
/// of the format keep them, and other weights are rounded.</summary>
internal static unsafe class IntegerPacking
{
    private const int GroupSize = WeightPanel.GroupSize;
    private const int PieceColumns = WeightPacking.PieceColumns;
    private const int Groups = PieceColumns / GroupSize;

    /// <inheritdoc cref="WeightPacking.Pack"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(PackedWeights weights, int panel, TensorType type, byte* rows, long rowBytes, int count)
    {
        const int panelRows = WeightPanel.Rows;
        int pieceBytes = WeightPacking.Bytes(weights.Format, PieceColumns);
        bool isInt8 = weights.Format == WeightFormat.Int8, keeps = BlockIntegers.Keep(type, weights.Format);

        // Rows that the matrix does not have stay zero. The columns are those of the panel, on their way to memory.
        byte* words = stackalloc byte[panelRows * pieceBytes];
        byte* columns = stackalloc byte[panelRows * pieceBytes];

        // Of each row, the scales of the piece's groups and then their offsets; those of Int4 are rounded all at once.
        float* scales = stackalloc float[panelRows * 2 * Groups];
        Half* halves = stackalloc Half[panelRows * 2 * Groups];
        ushort* across = stackalloc ushort[panelRows * 2 * Groups];
        long storedPiece = StoredMatrix.Bytes(type, PieceColumns);
        byte* target = weights.Panel(panel);
        ushort* panelScales = weights.PanelScales(panel), panelOffsets = weights.PanelOffsets(panel);
        for (int first = 0; first < weights.Columns; first += PieceColumns)
        {
            int length = Math.Min(PieceColumns, weights.Columns - first), groups = WeightPanel.Groups(length);
            byte* stored = rows + StoredMatrix.Bytes(type, first);
            for (int r = 0; r < count; r++, stored += rowBytes)
            {
                // The row's next piece.
                for (long ahead = storedPiece; ahead < 2 * storedPiece; ahead += Prefetch.LineBytes)
                    Prefetch.Line(stored + ahead);
                byte* row = words + (r * pieceBytes);
                int scale = r * 2 * Groups;
                if (isInt8 && keeps)
                    BlockIntegers.ReadInt8(type, stored, groups, (sbyte*)row, halves + scale);
                else if (isInt8)
                    RoundToInt8(type, stored, length, (sbyte*)row, halves + scale);
                else if (keeps)
                    BlockIntegers.ReadInt4(type, stored, groups, (ushort*)row, scales + scale, scales + scale + Groups);
                else
                    RoundToInt4(type, stored, length, (ushort*)row, scales + scale, scales + scale + Groups);
            }

            const int piece = panelRows * Groups;
            if (!isInt8)
                WeightConversion.ToHalves(scales, (ushort*)halves, 2 * piece);
            Transposition.Words16((byte*)halves, 2 * Groups * sizeof(ushort), panelRows, 2 * Groups, across);
            new ReadOnlySpan<ushort>(across, groups * panelRows).CopyTo(new Span<ushort>(panelScales, groups * panelRows));
            panelScales += piece;
            if (!isInt8)
            {
                new ReadOnlySpan<ushort>(across + piece, groups * panelRows).CopyTo(new Span<ushort>(panelOffsets, groups * panelRows));
                panelOffsets += piece;
            }

            int bytes = WeightPacking.Bytes(weights.Format, length);
            Transposition.Words16(words, pieceBytes, panelRows, bytes / sizeof(ushort), (ushort*)columns);
            NonTemporal.Copy(columns, target, panelRows * bytes);
            target += panelRows * pieceBytes;
        }
    }

    /// <summary>Rounds a piece of a row, see <see cref="WeightConversion.ToInt8"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RoundToInt8(TensorType type, byte* stored, int length, sbyte* q, Half* scales)
    {
        float* buffer = stackalloc float[PieceColumns];
        float* values = WeightPacking.Floats(type, stored, length, buffer);
        if (length == PieceColumns && WeightConversion.TryToInt8(values, q, (ushort*)scales))
            return;
        for (int first = 0, group = 0; first < length; first += GroupSize, group++)
        {
            int count = Math.Min(GroupSize, length - first);
            scales[group] = WeightConversion.ToInt8(new ReadOnlySpan<float>(values + first, count), new Span<sbyte>(q + first, count));
            new Span<sbyte>(q + first + count, GroupSize - count).Clear();
        }
    }

    /// <summary>Rounds a piece of a row, see <see cref="WeightConversion.ToInt4"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RoundToInt4(TensorType type, byte* stored, int length, ushort* fours, float* scales, float* offsets)
    {
        float* buffer = stackalloc float[PieceColumns];
        byte* q = stackalloc byte[PieceColumns];
        float* values = WeightPacking.Floats(type, stored, length, buffer);
        for (int first = 0, group = 0; first < length; first += GroupSize, group++)
        {
            int count = Math.Min(GroupSize, length - first);
            (Half scale, Half offset) =
                WeightConversion.ToInt4(new ReadOnlySpan<float>(values + first, count), new Span<byte>(q + first, count));
            (scales[group], offsets[group]) = ((float)scale, (float)offset);
        }

        BlockBytes.JoinFours(q, WeightPanel.Groups(length), fours);
    }
}
