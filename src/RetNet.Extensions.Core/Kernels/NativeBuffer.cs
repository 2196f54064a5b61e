using System.Runtime.InteropServices;

namespace RetNet.Extensions.Core.Kernels;

/// <summary>Unmanaged memory with one owner: 64-byte aligned, zeroed, released by Dispose (or, if that is forgotten, the finalizer).</summary>
/// <typeparam name="T">The element.</typeparam>
internal sealed unsafe class NativeBuffer<T> : IDisposable
    where T : unmanaged
{
    private const nuint Alignment = 64;

    private void* _memory;

    public NativeBuffer(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        ByteSize = checked(length * sizeof(T));
        _memory = NativeMemory.AlignedAlloc((nuint)Math.Max(ByteSize, 1), Alignment);
        NativeMemory.Clear(_memory, (nuint)ByteSize);
    }

    ~NativeBuffer() => Release();

    public long Length { get; }

    public long ByteSize { get; }

    public T* Pointer => (T*)_memory;

    public Span<T> Span => new(_memory, checked((int)Length));

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }
}
