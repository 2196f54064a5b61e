namespace RetNet.Extensions.Core.Kernels;

/// <summary>Scratch memory of the current thread. One user at a time: a kernel asks once and is done with it when it returns.</summary>
internal static unsafe class ThreadScratch
{
    [ThreadStatic]
    private static NativeBuffer<float>? _buffer;

    /// <summary>Memory for at least <paramref name="length"/> floats, with unspecified content.</summary>
    public static float* Get(long length)
    {
        _buffer ??= new NativeBuffer<float>(0);
        if (_buffer.Length < length)
            _buffer.ResizeParts(1, Math.Max(length, 2 * _buffer.Length));
        return _buffer.Pointer;
    }
}
