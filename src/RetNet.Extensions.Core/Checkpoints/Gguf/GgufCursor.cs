using System.Runtime.InteropServices;

namespace RetNet.Extensions.Core.Checkpoints.Gguf;

/// <summary>Reads a GGUF file's header from front to back, never past its end.</summary>
/// <param name="file">The file.</param>
/// <param name="length">Bytes from the start of the file to the header's end at the latest.</param>
internal sealed class GgufCursor(UnchangedFile file, long length)
{
    private const int WindowLength = 1 << 16;

    // The part of the file that was read last.
    private byte[] _window = [];
    private long _windowStart;
    private int _windowCount;

    /// <summary>Bytes from the start of the file to what is read next.</summary>
    public long Position { get; set; }

    private long Remaining => length - Position;

    /// <summary>Reads a number.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="part">The name of this part of the header in messages.</param>
    public unsafe T Read<T>(string part)
        where T : unmanaged => MemoryMarshal.Read<T>(Next(sizeof(T), part));

    /// <summary>Reads a text: its length in 64 bits, then its UTF-8.</summary>
    /// <param name="maximum">The most bytes it may have.</param>
    /// <param name="part">The name of this part of the header in messages.</param>
    /// <returns>The text, valid until something else is read.</returns>
    public ReadOnlySpan<byte> Text(int maximum, string part)
    {
        ulong bytes = Read<ulong>(part);
        if (bytes > (ulong)maximum)
            throw new CheckpointException(file.Path, $"a text of {bytes} bytes in {part}", $"at most {maximum} bytes");
        return Next((int)bytes, part);
    }

    /// <summary>Passes over <paramref name="count"/> elements of <paramref name="size"/> bytes.</summary>
    public void Skip(long count, int size, string part)
    {
        if (count > Remaining / size)
            throw Truncated(part);
        Position += count * size;
    }

    private ReadOnlySpan<byte> Next(int count, string part)
    {
        if (count > Remaining)
            throw Truncated(part);
        if (Position < _windowStart || Position + count > _windowStart + _windowCount)
            FillWindow(count);
        ReadOnlySpan<byte> bytes = _window.AsSpan((int)(Position - _windowStart), count);
        Position += count;
        return bytes;
    }

    private void FillWindow(int count)
    {
        int wanted = (int)Math.Min(Remaining, Math.Max(count, WindowLength));
        if (_window.Length < wanted)
            _window = new byte[wanted];
        file.Read(Position, _window.AsSpan(0, wanted));
        (_windowStart, _windowCount) = (Position, wanted);
    }

    private CheckpointException Truncated(string part) => new(file.Path, $"an end of the header inside {part}", "a complete header");
}
