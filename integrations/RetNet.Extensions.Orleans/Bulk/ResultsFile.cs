using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RetNet.Extensions.Orleans.Bulk;

/// <summary>A file of results that is continued: a line with the worker's name, and then one for each text, in order, with the beginning of
/// the text's SHA-256 and the values. A last line that was not written to its end does not count.</summary>
internal sealed partial class ResultsFile : IDisposable
{
    private const int HashBytes = 8;

    private readonly string _path;
    private readonly FileStream _stream;
    private StreamReader? _reader;
    private long _end;
    private int _line;

    private ResultsFile(string path)
    {
        _path = path;
        _stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        _reader = new StreamReader(_stream, new UTF8Encoding(false), detectEncodingFromByteOrderMarks: false, leaveOpen: true);
    }

    /// <exception cref="InvalidDataException">The file is that of another worker, or no file of results.</exception>
    public static ResultsFile Open(string path, string worker)
    {
        ResultsFile file = new(path);
        try
        {
            if (file.ReadLine() is not { } line)
                file.Write([JsonSerializer.Serialize(new Header(worker), Lines.Default.Header)]);
            else if (file.Parse(line, Lines.Default.Header).Worker is var found && found != worker)
                throw new InvalidDataException($"The file of results '{path}' is that of the worker '{found}'; expected '{worker}'.");
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The values of the next text, if the file has them.</summary>
    /// <exception cref="InvalidDataException">The line is damaged, or that of another text.</exception>
    public float[]? Next(string text)
    {
        if (ReadLine() is not { } line)
            return null;
        Result result = Parse(line, Lines.Default.Result);
        return result.Text == Hash(text) ? result.Values : throw new InvalidDataException(
            $"Line {_line} of the file of results '{_path}' is for a text with the hash {result.Text}; expected {Hash(text)}. The texts "
                + "have changed since: continue with the same texts in the same order, or begin another file.");
    }

    /// <summary>Adds results, once all earlier ones were read.</summary>
    public void Add(IReadOnlyList<string> texts, IReadOnlyList<float[]> values) => Write(
        texts.Zip(values, (text, values) => JsonSerializer.Serialize(new Result(Hash(text), values), Lines.Default.Result)));

    public void Dispose()
    {
        _reader?.Dispose();
        _stream.Dispose();
    }

    private static string Hash(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, HashBytes));

    private string? ReadLine()
    {
        if (_reader is not null)
        {
            // To LF and no other end, so that all characters count. A CR before it is white space of JSON.
            StringBuilder line = new();
            int next;
            while ((next = _reader.Read()) is not (-1 or '\n'))
                line.Append((char)next);
            if (next == '\n')
            {
                _line++;
                string text = line.ToString();
                _end += Encoding.UTF8.GetByteCount(text) + 1;
                return text;
            }

            _reader.Dispose();
            _reader = null;
            _stream.SetLength(_end);
            _stream.Position = _end;
        }

        return null;
    }

    private void Write(IEnumerable<string> lines)
    {
        _stream.Write(Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n"))));
        _stream.Flush();
    }

    private T Parse<T>(string line, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(line, type) ?? throw new JsonException("Found null.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"Line {_line} of the file of results '{_path}' is damaged; expected JSON as {typeof(T).Name}.",
                exception);
        }
    }

    private sealed record Header([property: JsonRequired] string Worker);

    private sealed record Result([property: JsonRequired] string Text, [property: JsonRequired] float[] Values);

    [JsonSourceGenerationOptions(
        PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
    [JsonSerializable(typeof(Header))]
    [JsonSerializable(typeof(Result))]
    private sealed partial class Lines : JsonSerializerContext;
}
