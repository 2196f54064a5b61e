using System.Buffers;

namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>Rows of a tensor at equal distances: those of one of several weights whose rows alternate.</summary>
/// <param name="source">The tensor.</param>
/// <param name="start">The first row's distance from the tensor's start, in bytes.</param>
/// <param name="rowBytes">Bytes of a row.</param>
/// <param name="step">The distance of the rows, in rows.</param>
internal sealed unsafe class AlternatingRows(TensorView source, long start, int rowBytes, int step) : ITensorStore
{
    public string Path => source.File;

    byte* ITensorStore.Memory => null;

    /// <summary>Reads whole rows.</summary>
    void ITensorStore.Read(long offset, Span<byte> target)
    {
        int rows = target.Length / rowBytes;
        int length = checked((((rows - 1) * step) + 1) * rowBytes);
        byte[] rented = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            Span<byte> all = rented.AsSpan(0, length);
            source.ReadBytes(start + (offset * step), all);
            for (int row = 0; row < rows; row++)
                all.Slice(row * step * rowBytes, rowBytes).CopyTo(target[(row * rowBytes)..]);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
