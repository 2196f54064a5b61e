namespace RetNet.Extensions.Core.Kernels;

/// <summary>Scratch matrices with a row per token, one after the other in one block of memory that grows with the number of rows.</summary>
/// <param name="widths">The width of each matrix.</param>
internal sealed unsafe class ScratchRows(int[] widths) : IDisposable
{
    // Matrices start at multiples of a cache line.
    private const int Alignment = 16;

    private readonly NativeBuffer<float> _memory = new(0);
    private readonly long[] _offsets = new long[widths.Length];
    private int _rows;

    /// <summary>A matrix, <c>[rows × width]</c>.</summary>
    public float* this[int matrix] => _memory.Pointer + _offsets[matrix];

    /// <summary>Makes room for a number of rows; what was written before is lost.</summary>
    public void Reserve(int rows)
    {
        if (rows <= _rows)
            return;
        long length = 0;
        for (int i = 0; i < widths.Length; i++)
        {
            _offsets[i] = length;
            length += ((long)rows * widths[i] + Alignment - 1) / Alignment * Alignment;
        }

        _memory.ResizeParts(1, length);
        _rows = rows;
    }

    public void Dispose() => _memory.Dispose();
}
