using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models.Transformer.Attention;

namespace RetNet.Extensions.Core.Tests.Memory;

public sealed unsafe class LayerRowsMemoryTests
{
    [Fact]
    public void Rows_that_cannot_grow_stay_as_they_were()
    {
        const int heads = 1 << 20;
        using LayerRows rows = new(heads, width: 1, StateFormat.Float32);
        rows.Resize(1);
        float[] row = [.. Enumerable.Range(0, heads)];
        fixed (float* values = row)
            rows.Append(7, values, values);
        long bytes = rows.ByteSize;

        Assert.Throws<InsufficientMemoryException>(() => rows.Resize(int.MaxValue));

        Assert.Equal((1, 1, bytes, 7), (rows.Capacity, rows.Count, rows.ByteSize, rows.Positions[0]));
        Assert.True(row.AsSpan().SequenceEqual(new ReadOnlySpan<float>(rows.Keys, heads)));
    }
}
