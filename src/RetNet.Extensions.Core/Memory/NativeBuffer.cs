using System.Runtime.InteropServices;

namespace RetNet.Extensions.Core.Memory;

/// <summary>Unmanaged memory with one owner: 64-byte aligned, zeroed, released by Dispose (or, if that is forgotten, the
/// finalizer).</summary>
/// <typeparam name="T">The element.</typeparam>
internal sealed unsafe class NativeBuffer<T> : IDisposable
    where T : unmanaged
{
    private const nuint Alignment = 64;

    private void* _memory;

    public NativeBuffer(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        _memory = Allocate(length);
        Length = length;
    }

    ~NativeBuffer() => Release();

    public long Length { get; private set; }

    public long ByteSize => Length * sizeof(T);

    public T* Pointer => (T*)_memory;

    public Span<T> Span => new(_memory, checked((int)Length));

    /// <summary>Makes the buffer's equal parts longer or shorter; each part keeps what fits, and the rest is zero.</summary>
    /// <param name="parts">The number of parts.</param>
    /// <param name="partLength">The new length of a part.</param>
    public void ResizeParts(int parts, long partLength)
    {
        void* resized = Allocate(checked(parts * partLength));
        long oldPart = Length / parts;
        long kept = Math.Min(oldPart, partLength) * sizeof(T);
        for (int part = 0; part < parts; part++)
            Buffer.MemoryCopy(Pointer + (part * oldPart), (T*)resized + (part * partLength), kept, kept);
        Release();
        _memory = resized;
        Length = parts * partLength;
    }

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private static void* Allocate(long length)
    {
        nuint bytes = checked((nuint)length * (nuint)sizeof(T));
#if DEBUG
        if (GuardedMemory.IsOn)
            return GuardedMemory.Allocate(bytes);
#endif
        void* memory = NativeMemory.AlignedAlloc(Math.Max(bytes, 1), Alignment);
        NativeMemory.Clear(memory, bytes);
        return memory;
    }

    private void Release()
    {
#if DEBUG
        if (!GuardedMemory.Free(_memory))
            NativeMemory.AlignedFree(_memory);
#else
        NativeMemory.AlignedFree(_memory);
#endif
        _memory = null;
    }
}
