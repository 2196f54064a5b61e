using System.Runtime.InteropServices;

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
    private int _preparedParts;

    /// <param name="length">The number of elements.</param>
    /// <param name="present">Whether all of it takes memory at once; if not, <see cref="MakePresent"/> follows for parts of it, on several
    /// threads.</param>
    public NativeBuffer(long length, bool present = true)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        _memory = NativeBlocks.Allocate(Bytes(length), present);
        Length = length;
    }

    ~NativeBuffer() => Release();

    public long Length { get; private set; }

    public long ByteSize => Length * sizeof(T);

    public T* Pointer => (T*)_memory;

    public Span<T> Span => new(_memory, checked((int)Length));

    /// <summary>Prepares a part to be written.</summary>
    /// <param name="first">Its first element.</param>
    /// <param name="count">Its length.</param>
    public void MakePresent(long first, long count) => NativeBlocks.MakePresent(_memory, Bytes(Length), Bytes(first), Bytes(count));

    /// <summary>Makes the buffer at least so long; it keeps what it holds. If memory runs out, nothing changes.</summary>
    /// <remarks>Buffers of the same length each ask for themselves: one may have got its memory before another was refused.</remarks>
    public void Reserve(long length)
    {
        if (Length < length)
            Resize(length);
    }

    /// <summary>As <see cref="Reserve"/>, but where the buffer grows, it is at least doubled: what grows step by step does not ask for
    /// memory every time.</summary>
    public void Grow(long length)
    {
        if (Length < length)
            Resize(Math.Max(length, 2 * Length));
    }

    /// <summary>Makes the buffer longer or shorter; it keeps what fits, and the rest is zero. If memory runs out, nothing
    /// changes.</summary>
    public void Resize(long length)
    {
        PrepareParts(1, length);
        Commit();
    }

    /// <summary>The first half of making the buffer's equal parts longer or shorter, which may fail; <see cref="Commit"/> or
    /// <see cref="Abandon"/> follows, and nothing is written in between.</summary>
    /// <param name="parts">The number of parts.</param>
    /// <param name="partLength">The new length of a part.</param>
    public void PrepareParts(int parts, long partLength)
    {
        long length = checked(parts * partLength);
        if (!NativeBlocks.CanResize(_memory, Bytes(Length), Bytes(length)))
            _prepared = NativeBlocks.Allocate(Bytes(length));
        else if (length > Length)
            _memory = _prepared = NativeBlocks.Resize(_memory, Bytes(Length), Bytes(length));
        else
            _prepared = _memory;
        (_preparedLength, _preparedParts) = (length, parts);
    }

    /// <summary>The second half: each part keeps what fits, and the rest is zero.</summary>
    public void Commit()
    {
        T* target = (T*)_prepared;
        long oldPart = Length / _preparedParts, newPart = _preparedLength / _preparedParts;
        long kept = Math.Min(oldPart, newPart);

        // Within one block: those that move up begin with the last, so that none is written over.
        for (int i = 0; i < _preparedParts; i++)
        {
            long part = newPart > oldPart ? _preparedParts - 1 - i : i;
            Buffer.MemoryCopy(Pointer + (part * oldPart), target + (part * newPart), kept * sizeof(T), kept * sizeof(T));
            NativeMemory.Clear(target + (part * newPart) + kept, Bytes(newPart - kept));
        }

        if (target != Pointer)
            NativeBlocks.Free(_memory, Bytes(Length));
        else if (_preparedLength < Length)
            _prepared = NativeBlocks.Resize(_memory, Bytes(Length), Bytes(_preparedLength));
        _memory = _prepared;
        Length = _preparedLength;
        _prepared = null;
    }

    /// <summary>Gives up what was prepared, if anything was.</summary>
    public void Abandon()
    {
        if (_prepared != _memory)
            NativeBlocks.Free(_prepared, Bytes(_preparedLength));
        else if (_memory != null && _preparedLength > Length)
            _memory = NativeBlocks.Resize(_memory, Bytes(_preparedLength), Bytes(Length));
        _prepared = null;
    }

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private static nuint Bytes(long length) => checked((nuint)length * (nuint)sizeof(T));

    private void Release()
    {
        Abandon();
        NativeBlocks.Free(_memory, Bytes(Length));
        _memory = null;
    }
}
