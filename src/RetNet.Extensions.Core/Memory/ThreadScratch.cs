namespace RetNet.Extensions.Core.Memory;

/// <summary>Scratch memory of the current thread. One user at a time: a kernel asks once and is done with it when it returns.</summary>
internal static unsafe class ThreadScratch
{
#pragma warning disable RS0030 // This class owns the memory of threads.
    [ThreadStatic]
    private static NativeBuffer<float>? _buffer;

    [ThreadStatic]
    private static NativeBuffer<float>? _shared;
#pragma warning restore RS0030

    /// <summary>Memory for at least <paramref name="length"/> floats, with unspecified content.</summary>
    public static float* Get(long length) => Get(ref _buffer, length);

    /// <summary>Memory in which the thread that starts a parallel region prepares data for all threads of the region; separate from that of
    /// <see cref="Get(long)"/>.</summary>
    public static float* GetShared(long length) => Get(ref _shared, length);

    private static float* Get(ref NativeBuffer<float>? buffer, long length)
    {
        buffer ??= new NativeBuffer<float>(0);
        if (buffer.Length < length)
            buffer.ResizeParts(1, Math.Max(length, 2 * buffer.Length));
        return buffer.Pointer;
    }
}
