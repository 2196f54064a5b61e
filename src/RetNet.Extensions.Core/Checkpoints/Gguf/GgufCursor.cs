using System.Runtime.InteropServices;

namespace RetNet.Extensions.Core.Checkpoints.Gguf;

/// <summary>Reads a GGUF file's header from front to back, never past its end.</summary>
internal unsafe ref struct GgufCursor(byte* start, long length, string file)
{
    /// <summary>Bytes from the start of the file to what is read next.</summary>
    public long Position { get; set; }

    private readonly long Remaining => length - Position;

    /// <summary>Reads a number.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="part">The name of this part of the header in messages.</param>
    public T Read<T>(string part)
        where T : unmanaged
    {
        Require(sizeof(T), part);
        T value = MemoryMarshal.Read<T>(new ReadOnlySpan<byte>(start + Position, sizeof(T)));
        Position += sizeof(T);
        return value;
    }

    /// <summary>Reads a text: its length in 64 bits, then its UTF-8.</summary>
    /// <param name="maximum">The most bytes it may have.</param>
    /// <param name="part">The name of this part of the header in messages.</param>
    public ReadOnlySpan<byte> Text(int maximum, string part)
    {
        ulong bytes = Read<ulong>(part);
        if (bytes > (ulong)maximum)
            throw new CheckpointException(file, $"a text of {bytes} bytes in {part}", $"at most {maximum} bytes");
        Require((long)bytes, part);
        ReadOnlySpan<byte> text = new(start + Position, (int)bytes);
        Position += (long)bytes;
        return text;
    }

    /// <summary>Passes over <paramref name="count"/> elements of <paramref name="size"/> bytes.</summary>
    public void Skip(long count, int size, string part)
    {
        if (count > Remaining / size)
            throw Truncated(part);
        Position += count * size;
    }

    private readonly void Require(long bytes, string part)
    {
        if (bytes > Remaining)
            throw Truncated(part);
    }

    private readonly CheckpointException Truncated(string part) => new(file, $"an end of the header inside {part}", "a complete header");
}
