using System.Security.Cryptography;
using System.Text.Json;

namespace RetNet.Extensions.Tool.Work;

/// <summary>A text of a job.</summary>
/// <param name="Id">Its id, a JSON string or number.</param>
/// <param name="Text">The text.</param>
internal sealed record WorkText(JsonElement Id, string Text)
{
    private const string IdName = "id";
    private const string TextName = "text";

    /// <summary>Reads the texts of a file: a JSON object in each line of a .jsonl file, otherwise each line itself.</summary>
    /// <returns>The texts with the numbers of their lines, in the order of the file. Empty lines are none.</returns>
    /// <exception cref="CommandException">The file cannot be read, a line is not such an object, or two have one id.</exception>
    public static List<(int Line, WorkText Text)> ReadFile(string path)
    {
        bool isJson = path.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase);
        List<(int Line, WorkText Text)> texts = [];
        Dictionary<string, int> lines = [];
        int number = 0;
        foreach (string line in TextFile.ReadLines(path))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            JsonElement byLine = JsonElement.Parse($"{number}");
            WorkText text;
            try
            {
                text = isJson ? Parse(JsonElement.Parse(line), byLine) : new WorkText(byLine, line);
            }
            catch (Exception exception) when (exception is JsonException or CommandException)
            {
                throw new CommandException($"{path}, line {number}: {exception.Message}");
            }
            catch (InvalidOperationException)
            {
                throw new CommandException($"{path}, line {number}: found {Shorten(line)}, in which an escape from \\ud800 to \\udfff has "
                    + "no other half; expected Unicode text.");
            }

            if (!lines.TryAdd(text.Id.GetRawText(), number))
            {
                throw new CommandException(
                    $"{path}: lines {lines[text.Id.GetRawText()]} and {number} both have the id {text.Id.GetRawText()}; expected another "
                    + "id for each text.");
            }

            texts.Add((number, text));
        }

        return texts.Count > 0 ? texts : throw new CommandException($"{path} has no text; expected one in each line.");
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    public static WorkText FromBytes(byte[] message)
    {
        JsonElement json = JsonElement.Parse(message);
        return Parse(json, json);
    }

    /// <summary>The hash of texts, as messages.</summary>
    public static string Hash(IEnumerable<byte[]> messages)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (byte[] message in messages)
        {
            hash.AppendData(message);
            hash.AppendData("\n"u8);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The text as a message.</summary>
    public byte[] ToBytes() => WithId(json => json.WriteString(TextName, Text));

    /// <summary>A JSON object that begins with the id.</summary>
    /// <param name="write">Writes the properties after it.</param>
    public byte[] WithId(Action<Utf8JsonWriter> write)
    {
        using MemoryStream bytes = new();
        CommandContext.WriteJson(bytes, json =>
        {
            json.WritePropertyName(IdName);
            Id.WriteTo(json);
            write(json);
        });
        return bytes.ToArray();
    }

    private static WorkText Parse(JsonElement json, JsonElement defaultId)
    {
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty(TextName, out JsonElement text)
            || text.ValueKind != JsonValueKind.String)
        {
            throw new CommandException($"found {Shorten(json.GetRawText())}; expected {{\"text\": \"…\"}}, with an \"id\" if you like.");
        }

        if (!json.TryGetProperty(IdName, out JsonElement id))
            id = defaultId;

        // A text with half a character cannot be read, nor written with a result.
        bool isId = id.ValueKind == JsonValueKind.String ? id.GetString() is not null : id.ValueKind == JsonValueKind.Number;
        return isId
            ? new WorkText(id, text.GetString()!)
            : throw new CommandException($"\"id\" is {Shorten(id.GetRawText())}; expected a string or a number.");
    }

    private static string Shorten(string json) => json.Length <= 60 ? json : $"{json[..60]}…";
}
