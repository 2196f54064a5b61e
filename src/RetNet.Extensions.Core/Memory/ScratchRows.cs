namespace RetNet.Extensions.Core.Memory;

/// <summary>Scratch matrices with a row per token, one after the other in one block of memory that grows with the number of rows.</summary>
/// <param name="widths">The width of each matrix.</param>
internal sealed unsafe class ScratchRows(int[] widths) : IDisposable
{
    // Matrices start at multiples of a cache line.
    private const int Alignment = 16;

    private readonly NativeBuffer<float> _memory = new(0);
    private long[] _offsets = new long[widths.Length];
    private int _rows;

    public long ByteSize => _memory.ByteSize;

    /// <summary>A matrix, <c>[rows × width]</c>.</summary>
    public float* this[int matrix] => _memory.Pointer + _offsets[matrix];

    /// <summary>Makes room for a number of rows; what was written before is lost.</summary>
    /// <exception cref="NotSupportedException">A matrix would have more than <see cref="int.MaxValue"/> values, which spans cannot
    /// hold.</exception>
    public void Reserve(int rows)
    {
        if (rows <= _rows)
            return;
        long[] offsets = new long[widths.Length];
        long length = 0;
        for (int i = 0; i < widths.Length; i++)
        {
            long values = (long)rows * widths[i];
            if (values > int.MaxValue)
            {
                throw new NotSupportedException($"{rows} tokens at once need a matrix of {rows} × {widths[i]} values; at most "
                    + $"{int.MaxValue} values are possible. Feed fewer tokens at once.");
            }

            offsets[i] = length;
            length += (values + Alignment - 1) / Alignment * Alignment;
        }

        // If memory runs out, nothing changes.
        _memory.Resize(length);
        (_offsets, _rows) = (offsets, rows);
    }

    public void Dispose() => _memory.Dispose();
}
