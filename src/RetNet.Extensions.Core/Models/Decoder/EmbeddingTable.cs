using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Linear;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>The embedding, <c>[vocabulary × d]</c>, of which a token reads one row.</summary>
internal sealed unsafe class EmbeddingTable : IDisposable
{
    private const int PieceBytes = 1 << 18;

    private readonly WeightMatrix? _head;
    private readonly NativeBuffer<byte>? _copy;
    private readonly byte* _rows;
    private readonly TensorType _type;
    private readonly int _rowBytes;

    /// <summary>Reads the rows of a head that has the same numbers.</summary>
    /// <param name="head">The head, which must live as long.</param>
    public EmbeddingTable(WeightMatrix head) => _head = head;

    /// <summary>Keeps the rows as the checkpoint has them: a copy of what a file holds, or, where the checkpoint's tensors lie in memory,
    /// those.</summary>
    /// <param name="tensor"><c>[vocabulary × d]</c>; if it lies in memory, its checkpoint must live as long.</param>
    /// <param name="threads">The number of threads that copy.</param>
    public EmbeddingTable(TensorView tensor, int threads)
    {
        StoredMatrix rows = tensor.Stored;
        (_type, _rowBytes) = (rows.Type, checked((int)rows.RowBytes));
        _rows = tensor.Memory;
        if (_rows is not null)
            return;
        _copy = new NativeBuffer<byte>(tensor.ByteLength, present: false);
        _rows = _copy.Pointer;
        try
        {
            int piece = Math.Max(1, PieceBytes / _rowBytes);
            ParallelLoop.For((rows.Rows + piece - 1) / piece, threads, index =>
            {
                int row = index * piece, count = Math.Min(piece, rows.Rows - row);
                long first = (long)row * _rowBytes;
                int bytes = checked(count * _rowBytes);
                _copy.MakePresent(first, bytes);
                rows.ReadRows(row, new Span<byte>(_rows + first, bytes));
            });
        }
        catch
        {
            _copy.Dispose();
            throw;
        }
    }

    /// <summary>Copies a token's row and allocates nothing.</summary>
    /// <param name="token">The token.</param>
    /// <param name="target"><c>[d]</c>.</param>
    public void CopyRowTo(int token, Span<float> target)
    {
        if (_head is not null)
            _head.CopyRowTo(token, target);
        else
            StoredMatrix.Widen(_type, new ReadOnlySpan<byte>(_rows + ((long)token * _rowBytes), _rowBytes), target);
    }

    public void Dispose() => _copy?.Dispose();
}
