using System.Buffers.Binary;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Checkpoints.Safetensors;

/// <summary>The tensors of a safetensors file: an 8-byte little-endian header length, a JSON header, the tensors' data. Read from a file
/// when they are asked for, or from a stream at once.</summary>
/// <remarks>
/// The whole header is checked when the file is opened, by the rules of the format's reference implementation (huggingface/safetensors):
/// every tensor's type times shape is its byte range, and the ranges cover the data exactly once, without holes.
/// </remarks>
internal sealed unsafe class SafetensorsFile : IDisposable, ITensorStore
{
    /// <summary>Largest header that is read, in bytes: 100 MB, the limit of the format's reference implementation.</summary>
    public const int MaximumHeaderLength = 100_000_000;

    private const int HeaderLengthSize = sizeof(ulong);

    private readonly UnchangedFile? _file;
    private readonly long _dataStart;
    private readonly NativeBuffer<byte>? _memory;

    private SafetensorsFile(UnchangedFile file, long dataStart, IReadOnlyList<SafetensorsHeader.Entry> entries)
        : this(file.Path, entries) => (_file, _dataStart) = (file, dataStart);

    private SafetensorsFile(string name, NativeBuffer<byte> memory, IReadOnlyList<SafetensorsHeader.Entry> entries)
        : this(name, entries) => _memory = memory;

    private SafetensorsFile(string path, IReadOnlyList<SafetensorsHeader.Entry> entries)
    {
        Path = path;
        Tensors = entries.ToDictionary(t => t.Name, t => new TensorView(this, t.Name, t.Type, t.Shape, t.Begin, t.End - t.Begin));
    }

    /// <summary>Path that the file was opened with, or the name that was given to a stream.</summary>
    public string Path { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, TensorView> Tensors { get; }

    byte* ITensorStore.Memory
    {
        get
        {
            if (_memory is null)
                return null;
            ObjectDisposedException.ThrowIf(_memory.Pointer is null, this);
            return _memory.Pointer;
        }
    }

    /// <summary>Opens a file and checks its header whole.</summary>
    /// <param name="path">A safetensors file; a symbolic link is followed.</param>
    /// <returns>The open file; the caller disposes it when no tensor of it is used any more.</returns>
    /// <exception cref="CheckpointException">The file cannot be read or is malformed.</exception>
    /// <exception cref="PlatformNotSupportedException">The machine is big-endian.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        RequireLittleEndian();
        UnchangedFile file = new(path);
        try
        {
            if (file.Length < HeaderLengthSize)
            {
                throw new CheckpointException(path, $"a file of {file.Length} bytes",
                    $"at least {HeaderLengthSize} bytes, the length of the header");
            }

            Span<byte> lengthBytes = stackalloc byte[HeaderLengthSize];
            file.Read(0, lengthBytes);
            int headerLength = CheckHeaderLength(lengthBytes, path);
            if (headerLength > file.Length - HeaderLengthSize)
            {
                throw new CheckpointException(path, $"a header length of {headerLength} bytes in a file of {file.Length} bytes",
                    "a header inside the file");
            }

            int dataStart = HeaderLengthSize + headerLength;
            using NativeBuffer<byte> header = new(headerLength);
            file.Read(HeaderLengthSize, header.Span);
            return new SafetensorsFile(file, dataStart, SafetensorsHeader.Read(header.Span, file.Length - dataStart, path));
        }
        catch
        {
            file.Dispose();
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
            return new SafetensorsFile(name, data, entries);
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

    void ITensorStore.Read(long offset, Span<byte> target)
    {
        if (_file is not null)
            _file.Read(_dataStart + offset, target);
        else
            new ReadOnlySpan<byte>(((ITensorStore)this).Memory + offset, target.Length).CopyTo(target);
    }

    /// <summary>Closes the file or releases the memory. The tensors' data must not be used afterwards.</summary>
    public void Dispose()
    {
        _file?.Dispose();
        _memory?.Dispose();
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
