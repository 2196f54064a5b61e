using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Tests.Kernels;

public sealed unsafe class ScratchRowsTests
{
    [Fact]
    public void Matrices_stay_inside_their_memory_when_there_is_no_room_for_more_rows()
    {
        const int last = 19_999;
        using ScratchRows rows = new([.. Enumerable.Repeat(64, last + 1)]);
        rows.Reserve(1);
        long distance = rows[last] - rows[0];

        // 160 TiB, more than a process has addresses.
        Assert.ThrowsAny<OutOfMemoryException>(() => rows.Reserve((1 << 25) - 1));

        rows.Reserve(1);
        Assert.Equal(distance, rows[last] - rows[0]);
    }

    [Fact]
    public void Matrices_that_no_span_can_hold_are_refused()
    {
        using ScratchRows rows = new([1 << 20]);
        NotSupportedException exception = Assert.Throws<NotSupportedException>(() => rows.Reserve(1 << 12));
        Assert.Contains("4096 tokens at once", exception.Message, StringComparison.Ordinal);
    }
}
