namespace RetNet.Extensions.Core.Memory;

/// <summary>Unmanaged memory with one owner: 64-byte aligned, zeroed, released by Dispose (or, if that is forgotten, the
/// finalizer).</summary>
/// <typeparam name="T">The element.</typeparam>
internal sealed unsafe class NativeBuffer<T> : IDisposable
    where T : unmanaged
{
    private void* _memory;
    private void* _prepared;
    private long _preparedLength;

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

    /// <summary>Makes the buffer's equal parts longer or shorter; each part keeps what fits, and the rest is zero. If memory runs out,
    /// nothing changes.</summary>
    /// <param name="parts">The number of parts.</param>
    /// <param name="partLength">The new length of a part.</param>
    public void ResizeParts(int parts, long partLength)
    {
        PrepareParts(parts, partLength);
        Commit();
    }

    /// <summary>The first half of <see cref="ResizeParts"/>, which may fail; <see cref="Commit"/> or <see cref="Abandon"/> follows, and
    /// nothing is written in between.</summary>
    public void PrepareParts(int parts, long partLength)
    {
        long length = checked(parts * partLength);
        _prepared = Allocate(length);
        _preparedLength = length;
        long oldPart = Length / parts;
        long kept = Math.Min(oldPart, partLength) * sizeof(T);
        for (int part = 0; part < parts; part++)
            Buffer.MemoryCopy(Pointer + (part * oldPart), (T*)_prepared + (part * partLength), kept, kept);
    }

    /// <summary>The second half of <see cref="ResizeParts"/>.</summary>
    public void Commit()
    {
        Free(ref _memory, Length);
        _memory = _prepared;
        Length = _preparedLength;
        _prepared = null;
    }

    /// <summary>Gives up what was prepared, if anything was.</summary>
    public void Abandon() => Free(ref _prepared, _preparedLength);

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private static void* Allocate(long length) => NativeBlocks.Allocate(checked((nuint)length * (nuint)sizeof(T)));

    private static void Free(ref void* memory, long length)
    {
        NativeBlocks.Free(memory, (nuint)(length * sizeof(T)));
        memory = null;
    }

    private void Release()
    {
        Free(ref _memory, Length);
        Abandon();
    }
}
