namespace RetNet.Extensions.Core.Kernels;

/// <summary>Scratch memory of the current thread. One user at a time: a kernel asks once and is done with it when it returns.</summary>
internal static unsafe class ThreadScratch
{
    [ThreadStatic]
    private static NativeBuffer<float>? _buffer;

    /// <summary>Memory for at least <paramref name="length"/> floats, with unspecified content.</summary>
    public static float* Get(long length)
    {
        if (_buffer is null || _buffer.Length < length)
        {
            _buffer?.Dispose();
            _buffer = new NativeBuffer<float>(length);
        }

        return _buffer.Pointer;
    }
}
