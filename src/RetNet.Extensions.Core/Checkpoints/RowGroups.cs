namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>Some rows of each of the equal groups that the rows of a matrix form, one group after the other.</summary>
internal sealed unsafe class RowGroups : ITensorStore
{
    private readonly TensorView _source;
    private readonly long _groupRows;
    private readonly long _first;
    private readonly long _count;
    private readonly long _rowBytes;

    private RowGroups(TensorView source, int groups, long first, long count)
    {
        (_source, _groupRows, _first, _count) = (source, source.Shape[0] / groups, first, count);
        _rowBytes = source.ByteLength / source.Shape[0];
    }

    public string Path => _source.File;

    byte* ITensorStore.Memory => null;

    /// <summary>The rows as a matrix.</summary>
    /// <param name="source">The matrix, a number of rows that the groups divide.</param>
    /// <param name="groups">How many groups it has.</param>
    /// <param name="first">The first row in each group.</param>
    /// <param name="count">How many rows of each group.</param>
    public static TensorView Of(TensorView source, int groups, long first, long count)
    {
        RowGroups rows = new(source, groups, first, count);
        long total = groups * count;
        return new TensorView(rows, source.Name, source.Type, [total, source.Shape[1]], offset: 0, total * rows._rowBytes);
    }

    void ITensorStore.Read(long offset, Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            // To the end of the group's part at most.
            (long row, long inRow) = Math.DivRem(offset, _rowBytes);
            (long group, long place) = Math.DivRem(row, _count);
            long here = ((_count - place) * _rowBytes) - inRow;
            Span<byte> part = target[..(int)Math.Min(target.Length, here)];
            _source.ReadBytes((((group * _groupRows) + _first + place) * _rowBytes) + inRow, part);
            offset += part.Length;
            target = target[part.Length..];
        }
    }
}
