using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.ML;

namespace RetNet.Extensions.ML.Interop;

/// <summary>Reads a transformer that <see cref="ArchiveWriter"/> wrote. Every entry is checked against its length and hash before it is
/// used.</summary>
internal sealed class ArchiveReader
{
    private const int MaximumEntries = 16;
    private const int MaximumDocument = 512 << 20;

    private readonly ModelLoadContext _context;
    private readonly Dictionary<string, (long Length, byte[] Hash)> _entries = [];

    /// <summary>Reads the list of entries.</summary>
    /// <exception cref="FormatException">The archive is damaged, or of a later version.</exception>
    public ArchiveReader(ModelLoadContext context, ArchiveFormat format)
    {
        ArgumentNullException.ThrowIfNull(context);
        _context = context;
        context.CheckAtModel(format.ToVersionInfo());
        try
        {
            int count = context.Reader.ReadInt32();
            if (count is < 0 or > MaximumEntries)
            {
                throw new FormatException($"The model archive is damaged: {Place} names {count} entries; expected at most "
                    + $"{MaximumEntries}.");
            }

            for (int i = 0; i < count; i++)
                _entries[context.Reader.ReadString()] = (context.Reader.ReadInt64(), context.Reader.ReadBytes(SHA256.HashSizeInBytes));
        }
        catch (Exception exception) when (exception is IOException or ArgumentException)
        {
            throw new FormatException($"The model archive is damaged: the list of entries in {Place} cannot be read ({exception.Message}).",
                exception);
        }
    }

    public static JsonSerializerOptions Json { get; } = new()
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true
    };

    private string Place => $"'{_context.Directory}'";

    /// <summary>The settings of the transformer.</summary>
    public TSettings ReadSettings<TSettings>()
        where TSettings : class
    {
        try
        {
            return JsonSerializer.Deserialize<TSettings>(ReadDocument(ArchiveNames.Settings).Span, Json)
                ?? throw new JsonException("The document is null.");
        }
        catch (JsonException exception)
        {
            throw new FormatException(
                $"The model archive is damaged: entry '{ArchiveNames.Settings}' of {Place} is malformed ({exception.Message}).", exception);
        }
    }

    /// <summary>Reads an entry.</summary>
    /// <param name="name">The entry's name.</param>
    /// <param name="read">Reads the stream, which has the right length and hash.</param>
    /// <exception cref="FormatException">The entry is missing or damaged.</exception>
    public T Read<T>(string name, Func<Stream, T> read)
    {
        if (!_entries.TryGetValue(name, out (long Length, byte[] Hash) expected))
            throw new FormatException($"The model archive is damaged: the list of entries in {Place} lacks '{name}'.");
        T? result = default;
        bool found = false;
        try
        {
            found = _context.TryLoadBinaryStream(name, reader =>
            {
                Stream stream = reader.BaseStream;
                if (stream.Length != expected.Length)
                {
                    throw new FormatException($"The model archive is damaged: entry '{name}' of {Place} has {stream.Length} bytes; "
                        + $"expected {expected.Length}.");
                }

                if (!SHA256.HashData(stream).AsSpan().SequenceEqual(expected.Hash))
                    throw new FormatException($"The model archive is damaged: entry '{name}' of {Place} has other content than was saved.");
                stream.Position = 0;
                result = read(stream);
            });
        }
        catch (InvalidDataException exception)
        {
            throw new FormatException($"The model archive is damaged: entry '{name}' of {Place} cannot be read ({exception.Message}).",
                exception);
        }

        return found ? result! : throw new FormatException($"The model archive is damaged: entry '{name}' of {Place} is missing.");
    }

    /// <summary>Reads a document; empty where the archive has none of that name.</summary>
    public ReadOnlyMemory<byte> ReadOptional(string name) => _entries.ContainsKey(name) ? ReadDocument(name) : default;

    /// <summary>Reads a document.</summary>
    /// <exception cref="FormatException">The entry is missing, damaged or too long.</exception>
    public ReadOnlyMemory<byte> ReadDocument(string name) => Read<ReadOnlyMemory<byte>>(name, stream =>
    {
        if (stream.Length > MaximumDocument)
        {
            throw new FormatException($"The model archive is damaged: entry '{name}' of {Place} has {stream.Length} bytes; expected at "
                + $"most {MaximumDocument}.");
        }

        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    });
}
