

namespace RetNet.Extensions.Core.Checkpoints.Gguf;

/// <summary>A GGUF file, version 2 or 3, little-endian, memory-mapped: metadata, descriptions of tensors, the tensors' data.</summary>
/// <remarks>
/// The header is checked when the file is opened, by the rules of the format's specification (ggml's docs/gguf.md) and reference
/// implementation (ggml's gguf.cpp). A file must not be changed or cut while it is open.
/// </remarks>
internal sealed unsafe class GgufFile : IDisposable, ITensorMemory
{
    private const string Extension = ".gguf";
    private const uint Magic = 0x4655_4747; // "GGUF"
    private const int MinimumVersion = 2;
    private const int MaximumVersion = 3;
    private const long MaximumHeaderLength = 512L << 20;
    private const int DefaultAlignment = 32;
    private const int MaximumAlignment = 1 << 20;

    private readonly MappedFile _mapping;
    private readonly long _dataStart;

    private GgufFile(string path, MappedFile mapping, long length)
    {
        (Path, _mapping) = (path, mapping);
        GgufCursor cursor = new(mapping.Start, Math.Min(length, MaximumHeaderLength), path);
        RequireVersion(ref cursor);
        ulong tensors = cursor.Read<ulong>("the number of tensors");
        ulong keys = cursor.Read<ulong>("the number of metadata keys");
        Metadata = GgufMetadata.Read(ref cursor, keys, path, mapping.Start, length);
        int alignment = ReadAlignment();
        List<GgufTensorTable.Entry> entries = GgufTensorTable.Read(ref cursor, tensors, alignment, path);
        _dataStart = Math.Min(length, (cursor.Position + alignment - 1) / alignment * alignment);
        GgufTensorTable.RequireSeparateRanges(entries, length - _dataStart, path);
        Tensors = [.. entries.Select(t => new TensorView(this, t.Name, t.Type, t.Shape, t.Offset, t.ByteLength))];
    }

    /// <summary>Path that the file was opened with.</summary>
    public string Path { get; }

    public GgufMetadata Metadata { get; }

    /// <summary>The tensors under the file's own names, in its order.</summary>
    public IReadOnlyList<TensorView> Tensors { get; }

    /// <summary>The number of tokens that have an embedding; null if the file has no embeddings.</summary>
    public int? EmbeddingRows =>
        Tensors.FirstOrDefault(
            tensor => tensor.Name == GgufTensorNames.Embedding) is { Shape: [var rows and <= ConfigurationReader.MaximumVocabulary, _] }
            ? (int)rows
            : null;

    byte* ITensorMemory.Data
    {
        get
        {
            ObjectDisposedException.ThrowIf(_mapping.Start is null, this);
            return _mapping.Start + _dataStart;
        }
    }

    /// <summary>Whether a path is that of a GGUF file, by its extension.</summary>
    public static bool IsNamed(string path) => path.EndsWith(Extension, StringComparison.OrdinalIgnoreCase) && !Directory.Exists(path);

    /// <summary>Maps a file into memory and checks its header whole.</summary>
    /// <exception cref="CheckpointException">The file cannot be read, is malformed, or has tensors of a type that is not
    /// supported.</exception>
    /// <exception cref="PlatformNotSupportedException">The machine is big-endian.</exception>
    public static GgufFile Open(string path)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("GGUF files are used as they are, in little-endian order; this machine is big-endian.");
        using FileStream stream = RegularFile.Open(path);
        MappedFile? mapping = null;
        try
        {
            long length = stream.Length;
            mapping = new MappedFile(stream);
            return new GgufFile(path, mapping, length);
        }
        catch (Exception e)
        {
            mapping?.Dispose();
            if (e is IOException or UnauthorizedAccessException)
                throw new CheckpointException(path, $"an error on mapping it ({e.Message})", "a file that can be mapped into memory", e);
            throw;
        }
    }

    /// <summary>Unmaps the file. The tensors' data must not be used afterwards.</summary>
    public void Dispose() => _mapping.Dispose();

    private void RequireVersion(ref GgufCursor cursor)
    {
        uint magic = cursor.Read<uint>("the magic number");
        if (magic != Magic)
            throw new CheckpointException(Path, $"a file that begins with 0x{magic:X8}", "a GGUF file, which begins with GGUF");
        uint version = cursor.Read<uint>("the version");
        if (version is < MinimumVersion or > MaximumVersion)
        {
            string found = (version & 0xFFFF) == 0 ? "a big-endian file" : $"version {version}";
            throw new CheckpointException(Path, found, $"version {MinimumVersion} or {MaximumVersion} in little-endian order");
        }
    }

    private int ReadAlignment()
    {
        const string Key = "general.alignment";
        int alignment = Metadata.Options.OptionalInteger(Key, 1, MaximumAlignment) ?? DefaultAlignment;
        return int.IsPow2(alignment) ? alignment : throw Metadata.Options.Fault(Key, "a power of two");
    }
}
