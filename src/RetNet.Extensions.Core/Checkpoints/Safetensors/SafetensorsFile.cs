using System.Buffers.Binary;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Checkpoints.Safetensors;

/// <summary>The tensors of a safetensors file: an 8-byte little-endian header length, a JSON header, the tensors' data. Memory-mapped, or
/// read from a stream.</summary>
/// <remarks>
/// The whole header is checked when the file is opened, by the rules of the format's reference implementation (huggingface/safetensors):
/// every tensor's type times shape is its byte range, and the ranges cover the data exactly once, without holes. A file must not be changed
/// or cut while it is open.
/// </remarks>
internal sealed unsafe class SafetensorsFile : IDisposable, ITensorMemory
{
    /// <summary>Largest header that is read, in bytes: 100 MB, the limit of the format's reference implementation.</summary>
    public const int MaximumHeaderLength = 100_000_000;

    private const int HeaderLengthSize = sizeof(ulong);

    private readonly IDisposable _memory;
    private byte* _data;

    private SafetensorsFile(string path, IReadOnlyList<SafetensorsHeader.Entry> entries, IDisposable memory, byte* data)
    {
        (Path, _memory) = (path, memory);
        _data = data;
        Tensors = entries.ToDictionary(t => t.Name, t => new TensorView(this, t.Name, t.Type, t.Shape, t.Begin, t.End - t.Begin));
    }

    /// <summary>Path that the file was opened with, or the name that was given to a stream.</summary>
    public string Path { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, TensorView> Tensors { get; }

    /// <summary>First byte after the header.</summary>
    byte* ITensorMemory.Data
    {
        get
        {
            ObjectDisposedException.ThrowIf(_data is null, this);
            return _data;
        }
    }

    /// <summary>Maps a file into memory and checks its header whole.</summary>
    /// <param name="path">A safetensors file; a symbolic link is followed.</param>
    /// <returns>The open file; the caller disposes it when no tensor of it is used any more.</returns>
    /// <exception cref="CheckpointException">The file cannot be read or is malformed.</exception>
    /// <exception cref="PlatformNotSupportedException">The machine is big-endian.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        RequireLittleEndian();
        using FileStream stream = RegularFile.Open(path);
        MappedFile? mapping = null;
        try
        {
            long length = stream.Length;
            if (length < HeaderLengthSize)
            {
                throw new CheckpointException(path, $"a file of {length} bytes",
                    $"at least {HeaderLengthSize} bytes, the length of the header");
            }

            mapping = new MappedFile(stream);
            int headerLength = CheckHeaderLength(new ReadOnlySpan<byte>(mapping.Start, HeaderLengthSize), path);
            if (headerLength > length - HeaderLengthSize)
            {
                throw new CheckpointException(path, $"a header length of {headerLength} bytes in a file of {length} bytes",
                    "a header inside the file");
            }

            int dataStart = HeaderLengthSize + headerLength;
            ReadOnlySpan<byte> header = new(mapping.Start + HeaderLengthSize, headerLength);
            return new SafetensorsFile(path, SafetensorsHeader.Read(header, length - dataStart, path), mapping, mapping.Start + dataStart);
        }
        catch (Exception e)
        {
            mapping?.Dispose();
            if (e is IOException or UnauthorizedAccessException)
                throw new CheckpointException(path, $"an error on mapping it ({e.Message})", "a file that can be mapped into memory", e);
            throw;
        }
    }

    /// <summary>Reads the tensors from a stream into unmanaged memory, such as an entry of a zip archive.</summary>
    /// <param name="stream">The stream, at the first byte of the header's length. What follows the last tensor is not read.</param>
    /// <param name="name">The name of the stream in errors.</param>
    /// <returns>The tensors; the caller disposes them when none is used any more.</returns>
    /// <remarks>Memory grows with the bytes that the stream really holds, not with what its header promises.</remarks>
    /// <exception cref="CheckpointException">The content is malformed or ends too early, or the stream reports damage.</exception>
    /// <exception cref="PlatformNotSupportedException">The machine is big-endian.</exception>
    public static SafetensorsFile Read(Stream stream, string name)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentException.ThrowIfNullOrEmpty(name);
        RequireLittleEndian();
        NativeBuffer<byte>? data = null;
        try
        {
            Span<byte> lengthBytes = stackalloc byte[HeaderLengthSize];
            stream.ReadExactly(lengthBytes);
            List<SafetensorsHeader.Entry> entries;
            using (NativeBuffer<byte> header = StreamedMemory.Read(stream, CheckHeaderLength(lengthBytes, name)))
                entries = SafetensorsHeader.Read(header.Span, dataLength: null, name);
            data = StreamedMemory.Read(stream, entries.Count == 0 ? 0 : entries[^1].End);
            return new SafetensorsFile(name, entries, data, data.Pointer);
        }
        catch (Exception e)
        {
            data?.Dispose();
            if (e is EndOfStreamException)
                throw new CheckpointException(name, "fewer bytes than its header states", "all tensors", e);
            if (e is IOException or InvalidDataException)
                throw new CheckpointException(name, $"an error on reading it ({e.Message})", "readable data", e);
            throw;
        }
    }

    /// <summary>Releases the memory. The tensors' data must not be used afterwards.</summary>
    public void Dispose()
    {
        _data = null;
        _memory.Dispose();
    }

    private static void RequireLittleEndian()
    {
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("Safetensors files are used as they are, in little-endian order; "
                + "this machine is big-endian.");
        }
    }

    private static int CheckHeaderLength(ReadOnlySpan<byte> bytes, string path)
    {
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        return length <= MaximumHeaderLength
            ? (int)length
            : throw new CheckpointException(path, $"a header length of {length} bytes", $"at most {MaximumHeaderLength}");
    }
}
