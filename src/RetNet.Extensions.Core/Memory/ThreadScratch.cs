using System.Diagnostics;

namespace RetNet.Extensions.Core.Memory;

/// <summary>Scratch memory of the current thread, for one user at a time: a kernel rents it while it runs.</summary>
internal static unsafe class ThreadScratch
{
#pragma warning disable RS0030 // This class owns the memory of threads.
    [ThreadStatic]
    private static NativeBuffer<float>? _buffer;

    [ThreadStatic]
    private static NativeBuffer<float>? _shared;

    [ThreadStatic]
    private static bool _isRented;
#pragma warning restore RS0030

    /// <summary>Memory for at least <paramref name="length"/> floats, with unspecified content, until the scope ends. A debug build asserts
    /// that the thread has no other scope meanwhile: its memory would be this one's, or be moved.</summary>
    public static Scope Rent(long length)
    {
        float* memory = Get(ref _buffer, length);
        MarkRented(true);
        return new Scope(memory);
    }

    /// <summary>Memory in which the thread that starts a parallel region prepares data for all threads of the region; separate from that of
    /// <see cref="Rent"/>.</summary>
    public static float* GetShared(long length) => Get(ref _shared, length);

    /// <summary>Releases the memory of the current thread, which is about to end: otherwise it stays until the garbage collector finds
    /// it.</summary>
    public static void Release()
    {
        _buffer?.Dispose();
        _shared?.Dispose();
        (_buffer, _shared) = (null, null);
    }

    private static float* Get(ref NativeBuffer<float>? buffer, long length)
    {
        buffer ??= new NativeBuffer<float>(0);
        buffer.Grow(length);
        return buffer.Pointer;
    }

    [Conditional("DEBUG")]
    private static void MarkRented(bool isRented)
    {
        Debug.Assert(_isRented != isRented, "A kernel that rents the thread's scratch memory calls another one that rents it too.");
        _isRented = isRented;
    }

    /// <summary>Rented memory; disposing it ends the use.</summary>
    public readonly ref struct Scope(float* memory)
    {
        public float* Pointer { get; } = memory;

        public void Dispose() => MarkRented(false);
    }
}
