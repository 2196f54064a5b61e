using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>Copies a stream of stated length into unmanaged memory without trusting the statement.</summary>
internal static unsafe class StreamedMemory
{
    private const int FirstAllocation = 1 << 20;
    private const int ReadLength = 1 << 20;

    /// <summary>Reads exactly <paramref name="length"/> bytes. The memory is doubled as they arrive, so it never exceeds twice what the
    /// stream held.</summary>
    /// <exception cref="EndOfStreamException">The stream holds fewer.</exception>
    public static NativeBuffer<byte> Read(Stream stream, long length)
    {
        NativeBuffer<byte> memory = new(Math.Min(length, FirstAllocation));
        try
        {
            for (long done = 0; done < length;)
            {
                if (done == memory.Length)
                    memory.Resize(Math.Min(length, 2 * done));
                int count = (int)Math.Min(ReadLength, memory.Length - done);
                stream.ReadExactly(new Span<byte>(memory.Pointer + done, count));
                done += count;
            }

            return memory;
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }
}
