using RetNet.Extensions.Core.Memory;
using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.Core.Tests.Generation;
using RetNet.Extensions.Core.Training.Layers;

namespace RetNet.Extensions.Core.Tests.Memory;

/// <summary>Runs apart from other tests, whose memory would be counted.</summary>
[Collection(nameof(MemoryTests))]
public sealed unsafe class NativeBlocksTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(3_000_001)]
    public void A_block_is_zeroed_aligned_and_counted(int bytes)
    {
        long before = NativeBlocks.Bytes;
        for (int round = 0; round < 3; round++)
        {
            byte* block = (byte*)NativeBlocks.Allocate((nuint)bytes);
            Assert.Equal(0, (nint)block % 64);
            Assert.Equal(-1, new Span<byte>(block, bytes).IndexOfAnyExcept((byte)0));
            new Span<byte>(block, bytes).Fill(1);
            Assert.Equal(before + bytes, NativeBlocks.Bytes);
            NativeBlocks.Free(block, (nuint)bytes);
            Assert.Equal(before, NativeBlocks.Bytes);
        }
    }

    [Fact]
    public void Parameters_whose_gradients_are_not_used_have_no_memory_for_them()
    {
        long before = NativeBlocks.Bytes;
        using ParameterStore store = new([WeightDeclaration.Bias("x", 1000)]);
        Assert.Equal(before + 4000, NativeBlocks.Bytes);

        Assert.Equal(0, store.Parameters[0].Gradient[999]);
        Assert.Equal(before + 8000, NativeBlocks.Bytes);
    }

    [Fact]
    public void Blocks_of_changing_sizes_leave_nothing_resident()
    {
        if (!OperatingSystem.IsLinux())
            return;
        Random random = new(1);
        (nint Block, nuint Bytes)[] held = new (nint, nuint)[64];
        long before = Environment.WorkingSet;
        for (int i = 0; i < 20_000; i++)
        {
            ref (nint Block, nuint Bytes) one = ref held[random.Next(held.Length)];
            NativeBlocks.Free((void*)one.Block, one.Bytes);
            one.Bytes = (nuint)random.Next(70_000, 1_000_000);
            one.Block = (nint)NativeBlocks.Allocate(one.Bytes);
            *(byte*)(one.Block + (nint)one.Bytes - 1) = 1;
        }

        foreach ((nint block, nuint bytes) in held)
            NativeBlocks.Free((void*)block, bytes);
        Assert.InRange(Environment.WorkingSet - before, long.MinValue, 16 << 20);
    }

    [Fact]
    public void Holes_between_small_blocks_go_back()
    {
        if (!OperatingSystem.IsLinux())
            return;
        Random random = new(1);
        long before = Environment.WorkingSet, kept = 0;
        (nint Block, int Bytes)[] held = new (nint, int)[8_192];
        foreach (ref (nint Block, int Bytes) one in held.AsSpan())
        {
            one.Bytes = random.Next(16_000, 65_000);
            one.Block = (nint)NativeBlocks.Allocate((nuint)one.Bytes);
            new Span<byte>((void*)one.Block, one.Bytes).Fill(1);
        }

        for (int i = 0; i < held.Length; i++)
        {
            if (i % 16 == 0)
                kept += held[i].Bytes;
            else
                NativeBlocks.Free((void*)held[i].Block, (nuint)held[i].Bytes);
        }

        // What has been freed since the last time may still be there.
        Assert.InRange(Environment.WorkingSet - before, 0, kept + (80 << 20));
        for (int i = 0; i < held.Length; i += 16)
            NativeBlocks.Free((void*)held[i].Block, (nuint)held[i].Bytes);
    }

    [Fact]
    public void Too_large_a_block_is_an_error_that_names_its_size()
    {
        InsufficientMemoryException failure = Assert.Throws<InsufficientMemoryException>(() => NativeBlocks.Allocate((nuint)1 << 60));
        Assert.Contains("1152921504606846976 bytes", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_buffer_that_cannot_grow_stays_as_it_was()
    {
        using NativeBuffer<int> buffer = new(4);
        buffer.Span.Fill(7);
        Assert.Throws<InsufficientMemoryException>(() => buffer.PrepareParts(2, 1L << 55));
        Assert.Equal([7, 7, 7, 7], buffer.Span.ToArray());
        buffer.PrepareParts(2, 3);
        buffer.Commit();
        Assert.Equal([7, 7, 0, 7, 7, 0], buffer.Span.ToArray());
    }

    [Theory]
    [InlineData(1, 100_000, 130_000)]
    [InlineData(3, 100_000, 110_000)]
    [InlineData(3, 110_000, 100_000)]
    [InlineData(5, 30_000, 300_000)]
    [InlineData(5, 300_000, 30_000)]
    [InlineData(4, 100_000, 10)]
    [InlineData(4, 10, 100_000)]
    [InlineData(2, 50_000, 50_000)]
    public void Parts_keep_what_fits_and_the_rest_is_zero(int parts, int before, int after)
    {
        long bytes = NativeBlocks.Bytes;
        using (NativeBuffer<byte> buffer = new((long)parts * before))
        {
            Fill(buffer, parts, before);
            buffer.PrepareParts(parts, after);
            buffer.Commit();
            AssertParts(buffer, parts, Math.Min(before, after), after);
            Assert.Equal(bytes + ((long)parts * after), NativeBlocks.Bytes);

            // What was given up leaves no trace, also of a larger size.
            Fill(buffer, parts, after);
            buffer.PrepareParts(parts, 2L * after);
            buffer.Abandon();
            AssertParts(buffer, parts, after, after);
            Assert.Equal(bytes + ((long)parts * after), NativeBlocks.Bytes);
        }

        Assert.Equal(bytes, NativeBlocks.Bytes);
    }

    private static void Fill(NativeBuffer<byte> buffer, int parts, int length)
    {
        for (int part = 0; part < parts; part++)
            buffer.Span.Slice(part * length, length).Fill((byte)(part + 1));
    }

    private static void AssertParts(NativeBuffer<byte> buffer, int parts, int kept, int length)
    {
        Assert.Equal((long)parts * length, buffer.Length);
        for (int part = 0; part < parts; part++)
        {
            Span<byte> bytes = buffer.Span.Slice(part * length, length);
            Assert.Equal(-1, bytes[..kept].IndexOfAnyExcept((byte)(part + 1)));
            Assert.Equal(-1, bytes[kept..].IndexOfAnyExcept((byte)0));
        }
    }
}
