using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>Columns of a matrix, at equal distances, as the rows of another one.</summary>
/// <param name="source">The tensor that has the matrix, of float32, float16 or bfloat16.</param>
/// <param name="start">The matrix's distance from the tensor's start, in bytes.</param>
/// <param name="height">Rows of the matrix.</param>
/// <param name="width">Its columns.</param>
/// <param name="first">The first column that is read.</param>
/// <param name="step">The distance of the columns.</param>
internal sealed unsafe class TransposedRows(TensorView source, long start, int height, int width, int first, int step) : ITensorStore
{
    private readonly Lock _gate = new();
    private readonly int _elementBytes = (int)StoredMatrix.Bytes(source.Type, 1);

    // A column is scattered over the whole matrix, which is therefore read once; it is forgotten when memory is needed.
    private readonly WeakReference<byte[]> _matrix = new([]);

    public string Path => source.File;

    byte* ITensorStore.Memory => null;

    /// <summary>Reads whole rows.</summary>
    void ITensorStore.Read(long offset, Span<byte> target)
    {
        byte[] matrix = Matrix();
        int rowBytes = height * _elementBytes;
        long firstRow = offset / rowBytes;
        for (int row = 0; row < target.Length / rowBytes; row++)
        {
            Span<byte> result = target.Slice(row * rowBytes, rowBytes);
            int column = checked((int)(first + ((firstRow + row) * step)));
            for (int i = 0; i < height; i++)
            {
                matrix.AsSpan(((i * width) + column) * _elementBytes, _elementBytes).CopyTo(result[(i * _elementBytes)..]);
            }
        }
    }

    private byte[] Matrix()
    {
        lock (_gate)
        {
            if (_matrix.TryGetTarget(out byte[]? matrix) && matrix.Length > 0)
                return matrix;
            matrix = new byte[checked(height * width * _elementBytes)];
            source.ReadBytes(start, matrix);
            _matrix.SetTarget(matrix);
            return matrix;
        }
    }
}
