using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.ML;

namespace RetNet.Extensions.ML.Interop;

/// <summary>Writes a transformer into ML.NET's model archive. Its main entry holds the name, length and SHA-256 of each of the
/// others. What is written is said by its callers: weights and tokenizer by <see cref="Models.HeldModel"/>.</summary>
internal sealed class ArchiveWriter
{
    private readonly ModelSaveContext _context;
    private readonly List<(string Name, Action<Stream> Write)> _entries = [];

    /// <summary>Begins a transformer.</summary>
    /// <param name="context">The place that ML.NET chose for it.</param>
    /// <param name="format">The format that it is read as later.</param>
    public ArchiveWriter(ModelSaveContext context, ArchiveFormat format)
    {
        ArgumentNullException.ThrowIfNull(context);
        _context = context;
        context.CheckAtModel();
        context.SetVersionInfo(format.ToVersionInfo());
    }

    /// <summary>Adds an entry.</summary>
    public ArchiveWriter Add(string name, Action<Stream> write)
    {
        _entries.Add((name, write));
        return this;
    }

    /// <summary>Adds the settings of the transformer.</summary>
    public ArchiveWriter AddSettings<TSettings>(TSettings settings) =>
        Add(ArchiveNames.Settings, stream => JsonSerializer.Serialize(stream, settings, ArchiveReader.Json));

    /// <summary>Adds a document, unless it is empty.</summary>
    public ArchiveWriter AddDocument(string name, ReadOnlyMemory<byte> content) =>
        content.IsEmpty ? this : Add(name, stream => stream.Write(content.Span));

    /// <summary>Writes all entries.</summary>
    public void Save()
    {
        _context.Writer.Write(_entries.Count);
        foreach ((string name, Action<Stream> write) in _entries)
        {
            long length = 0;
            byte[] hash = [];
            _context.SaveBinaryStream(name, writer =>
            {
                Stream stream = writer.BaseStream;
                write(stream);
                length = stream.Length;
                stream.Position = 0;
                hash = SHA256.HashData(stream);
            });
            _context.Writer.Write(name);
            _context.Writer.Write(length);
            _context.Writer.Write(hash);
        }
    }
}
