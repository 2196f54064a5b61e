using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Checkpoints.Adapters;

/// <summary>The rows of a matrix with what adapters add to it: W + Σ s · B A, computed in float32 and rounded to the type that is
/// kept.</summary>
/// <param name="matrix">W.</param>
/// <param name="type">Float32, BFloat16 or Q8_0.</param>
/// <param name="updates">What is added, in this order.</param>
internal sealed unsafe class MergedRows(TensorView matrix, TensorType type, IReadOnlyList<LowRankUpdate> updates) : ITensorStore
{
    private readonly Lazy<(float[] Down, float[] Up)[]> _factors =
        new(() => [.. updates.Select(update => (update.ReadDown(), update.ReadUp()))]);

    public string Path => matrix.File;

    byte* ITensorStore.Memory => null;

    private int Columns => (int)matrix.Shape[1];

    private int RowBytes => checked((int)StoredMatrix.Bytes(type, Columns));

    /// <summary>The matrix with what is added.</summary>
    public static TensorView Merge(TensorView matrix, TensorType type, IReadOnlyList<LowRankUpdate> updates)
    {
        MergedRows rows = new(matrix, type, updates);
        return new TensorView(rows, matrix.Name, type, matrix.Shape.ToArray(), offset: 0, matrix.Shape[0] * rows.RowBytes);
    }

    /// <summary>Computes whole rows.</summary>
    void ITensorStore.Read(long offset, Span<byte> target)
    {
        int rowBytes = RowBytes, storedBytes = checked((int)(matrix.ByteLength / matrix.Shape[0]));
        int first = checked((int)(offset / rowBytes)), rows = target.Length / rowBytes;
        byte[] stored = ArrayPool<byte>.Shared.Rent(checked(rows * storedBytes));
        float[] scratch = ArrayPool<float>.Shared.Rent(2 * Columns);
        try
        {
            Span<float> row = scratch.AsSpan(0, Columns), added = scratch.AsSpan(Columns, Columns);
            matrix.ReadBytes((long)first * storedBytes, stored.AsSpan(0, rows * storedBytes));
            for (int i = 0; i < rows; i++)
            {
                StoredMatrix.Widen(matrix.Type, stored.AsSpan(i * storedBytes, storedBytes), row);
                Add(first + i, row, added);
                Round(row, target.Slice(i * rowBytes, rowBytes));
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(scratch);
            ArrayPool<byte>.Shared.Return(stored);
        }
    }

    private void Add(int index, Span<float> row, Span<float> added)
    {
        for (int i = 0; i < updates.Count; i++)
        {
            (float[] down, float[] up) = _factors.Value[i];
            int rank = updates[i].Rank;
            added.Clear();
            for (int k = 0; k < rank; k++)
                TensorPrimitives.MultiplyAdd(down.AsSpan(k * Columns, Columns), up[(index * rank) + k], added, added);
            TensorPrimitives.MultiplyAdd(added, updates[i].Scale, row, row);
        }
    }

    private void Round(ReadOnlySpan<float> row, Span<byte> target)
    {
        switch (type)
        {
            case TensorType.Float32:
                MemoryMarshal.AsBytes(row).CopyTo(target);
                break;
            case TensorType.BFloat16:
                Span<ushort> halves = MemoryMarshal.Cast<byte, ushort>(target);
                for (int i = 0; i < row.Length; i++)
                    halves[i] = WeightConversion.ToBFloat16(row[i]);
                break;
            default:
                int elements = BlockFormat.Elements(type), bytes = BlockFormat.Bytes(type);
                for (int i = 0; i < row.Length / elements; i++)
                {
                    Span<byte> block = target.Slice(i * bytes, bytes);
                    Half scale = WeightConversion.ToInt8(
                        row.Slice(i * elements, elements), MemoryMarshal.Cast<byte, sbyte>(block[sizeof(ushort)..]));
                    MemoryMarshal.Write(block, scale);
                }

                break;
        }
    }
}
