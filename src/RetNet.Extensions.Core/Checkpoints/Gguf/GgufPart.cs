namespace RetNet.Extensions.Core.Checkpoints.Gguf;

/// <summary>One GGUF file, version 2 or 3, little-endian: metadata, descriptions of tensors, the tensors' data, which are read when they
/// are asked for. It may be one of several that a model was split into.</summary>
/// <remarks>
/// The header is checked when the file is opened, by the rules of the format's specification (ggml's docs/gguf.md) and reference
/// implementation (ggml's gguf.cpp).
/// </remarks>
internal sealed unsafe class GgufPart : IDisposable, ITensorStore
{
    private const uint Magic = 0x4655_4747; // "GGUF"
    private const int MinimumVersion = 2;
    private const int MaximumVersion = 3;
    private const long MaximumHeaderLength = 512L << 20;
    private const int DefaultAlignment = 32;
    private const int MaximumAlignment = 1 << 20;

    private readonly UnchangedFile _file;
    private readonly long _dataStart;

    private GgufPart(UnchangedFile file)
    {
        _file = file;
        GgufCursor cursor = new(file, Math.Min(file.Length, MaximumHeaderLength));
        RequireVersion(cursor);
        ulong tensors = cursor.Read<ulong>("the number of tensors");
        ulong keys = cursor.Read<ulong>("the number of metadata keys");
        Metadata = GgufMetadata.Read(cursor, keys, file);
        int alignment = ReadAlignment();
        List<GgufTensorTable.Entry> entries = GgufTensorTable.Read(cursor, tensors, alignment, Path);
        _dataStart = Math.Min(file.Length, (cursor.Position + alignment - 1) / alignment * alignment);
        GgufTensorTable.RequireSeparateRanges(entries, file.Length - _dataStart, Path);
        Tensors = [.. entries.Select(t => new TensorView(this, t.Name, t.Type, t.Shape, t.Offset, t.ByteLength))];
    }

    /// <summary>Path that the file was opened with.</summary>
    public string Path => _file.Path;

    public GgufMetadata Metadata { get; }

    /// <summary>The tensors under the file's own names, in its order.</summary>
    public IReadOnlyList<TensorView> Tensors { get; }

    byte* ITensorStore.Memory => null;

    /// <summary>Opens a file and checks its header whole.</summary>
    /// <exception cref="CheckpointException">The file cannot be read, is malformed, or has tensors of a type that is not
    /// supported.</exception>
    /// <exception cref="PlatformNotSupportedException">The machine is big-endian.</exception>
    public static GgufPart Open(string path)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("GGUF files are used as they are, in little-endian order; this machine is big-endian.");
        UnchangedFile file = new(path);
        try
        {
            return new GgufPart(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    void ITensorStore.Read(long offset, Span<byte> target) => _file.Read(_dataStart + offset, target);

    /// <summary>Closes the file. The tensors' data must not be used afterwards.</summary>
    public void Dispose() => _file.Dispose();

    private void RequireVersion(GgufCursor cursor)
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
