using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;

namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>A memory-mapped safetensors file: an 8-byte little-endian header length, a JSON header, the tensors' data.</summary>
/// <remarks>
/// The whole header is checked when the file is opened, by the rules of the format's reference implementation (huggingface/safetensors): every tensor's type times shape is its
/// byte range, and the ranges cover the data exactly once, without holes. A file must not be changed or cut while it is open.
/// </remarks>
public sealed unsafe class SafetensorsFile : IDisposable
{
    /// <summary>Largest header that is read, in bytes: 100 MB, the limit of the format's reference implementation.</summary>
    public const int MaximumHeaderLength = 100_000_000;

    private const int HeaderLengthSize = sizeof(ulong);

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly long _dataStart;
    private byte* _start;

    private SafetensorsFile(string path, FileStream stream)
    {
        Path = path;
        long length = stream.Length;
        if (length < HeaderLengthSize)
            throw new CheckpointException(path, $"a file of {length} bytes", $"at least {HeaderLengthSize} bytes, the length of the header");

        _file = MemoryMappedFile.CreateFromFile(stream, mapName: null, length, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        _view = _file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        try
        {
            ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(_start, HeaderLengthSize));
            if (headerLength > MaximumHeaderLength)
                throw new CheckpointException(path, $"a header length of {headerLength} bytes", $"at most {MaximumHeaderLength}");
            if (headerLength > (ulong)(length - HeaderLengthSize))
                throw new CheckpointException(path, $"a header length of {headerLength} bytes in a file of {length} bytes", "a header inside the file");

            _dataStart = HeaderLengthSize + (long)headerLength;
            var header = new ReadOnlySpan<byte>(_start + HeaderLengthSize, (int)headerLength);
            Tensors = SafetensorsHeader.Read(header, length - _dataStart, path)
                .ToDictionary(t => t.Name, t => new TensorView(this, t.Name, t.Type, t.Shape, t.Begin, t.End - t.Begin));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Path that the file was opened with.</summary>
    public string Path { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, TensorView> Tensors { get; }

    /// <summary>First byte after the header.</summary>
    internal byte* Data
    {
        get
        {
            ObjectDisposedException.ThrowIf(_start is null, this);
            return _start + _dataStart;
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
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("Safetensors files are mapped as they are, in little-endian order; this machine is big-endian.");
        using FileStream stream = RegularFile.Open(path);
        try
        {
            return new SafetensorsFile(path, stream);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, $"an error on mapping it ({e.Message})", "a file that can be mapped into memory", e);
        }
    }

    /// <summary>Unmaps the file. Its tensors' data must not be used afterwards.</summary>
    public void Dispose()
    {
        if (_start is null)
            return;
        _start = null;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
