using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using RetNet.Extensions.Core.ChatTemplates.Jinja;

namespace RetNet.Extensions.Core.ChatTemplates.Calls;

/// <summary>Calls as JSON.</summary>
internal static class CallJson
{
    private const int IdLength = 9;
    private const int LongestBeginning = 1000;
    private const int DeepestObject = 128;
    private const string IdCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    public static JsonElement NoArguments { get; } = JsonElement.Parse("{}");

    public static string NewId() => RandomNumberGenerator.GetString(IdCharacters, IdLength);

    /// <summary>Nine letters and digits for any id, the same for the same id.</summary>
    public static string ShortId(string id)
    {
        if (id.Length == IdLength && id.All(char.IsAsciiLetterOrDigit))
            return id;
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(id));
        return string.Concat(hash.Take(IdLength).Select(value => IdCharacters[value % IdCharacters.Length]));
    }

    /// <summary>A value as Python's <c>json.dumps</c> and so templates write it.</summary>
    public static string Text(JsonElement value) =>
        TemplateJson.Write(TemplateJson.Read(value), JsonStyle.Default, new Budget(long.MaxValue)).Text;

    /// <summary>A text as a JSON string.</summary>
    public static JsonElement Quote(ReadOnlySpan<char> text)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
            json.WriteStringValue(text);
        return JsonElement.Parse(stream.ToArray());
    }

    /// <summary>A call as messages of chat templates have it.</summary>
    public static JsonElement Write(string id, string name, JsonElement arguments)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            json.WriteString("type", "function");
            json.WriteString("id", id);
            json.WriteStartObject("function");
            json.WriteString("name", name);
            json.WritePropertyName("arguments");
            arguments.WriteTo(json);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return JsonElement.Parse(stream.ToArray());
    }

    /// <summary>A JSON object of names and the JSON of their values.</summary>
    public static JsonElement Object(IEnumerable<KeyValuePair<string, string>> members)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            foreach ((string name, string value) in members)
            {
                json.WritePropertyName(name);
                json.WriteRawValue(value, skipInputValidation: true);
            }

            json.WriteEndObject();
        }

        return JsonElement.Parse(stream.ToArray(), new JsonDocumentOptions { MaxDepth = DeepestObject });
    }

    /// <summary>Where the JSON object that holds a call begins in the text before its name; negative if there is none near it.</summary>
    public static int StartOfObject(string before, string middle, string after)
    {
        for (int start = before.IndexOf('{', Math.Max(0, before.Length - LongestBeginning)); start >= 0;
            start = before.IndexOf('{', start + 1))
        {
            string call = before[start..] + "name" + middle + "{}" + after;
            int length = LengthOfValue(call);
            if (length > 0 && ReadCall(JsonElement.Parse(call.AsSpan(0, length)), OfferedFunctions.None) is { Name: "name" })
                return start;
        }

        return -1;
    }

    /// <summary>The number of characters of the JSON value that a text begins with; 0 if it begins with none.</summary>
    public static int LengthOfValue(string text)
    {
        JsonScanner scanner = new();
        if (scanner.Read(text, 0) != Progress.Done)
            return 0;
        try
        {
            using JsonDocument document = JsonDocument.Parse(text.AsMemory(0, scanner.End));
            return scanner.End;
        }
        catch (JsonException)
        {
            return 0;
        }
    }

    /// <summary>Reads a call, or a list of calls.</summary>
    /// <param name="text">A JSON object or array.</param>
    /// <param name="functions">The functions that were offered.</param>
    /// <param name="onlyOffered">Whether a call of another function is none.</param>
    /// <returns>The calls; null if the text is none.</returns>
    public static List<FunctionCall>? ReadCalls(ReadOnlySpan<char> text, OfferedFunctions functions, bool onlyOffered)
    {
        if (Parse(text) is not { } json)
            return null;
        IEnumerable<JsonElement> items = json.ValueKind == JsonValueKind.Array ? json.EnumerateArray() : [json];
        List<FunctionCall> calls = [];
        foreach (JsonElement item in items)
        {
            if (ReadCall(item, functions) is not { } call || (onlyOffered && !functions.Contains(call.Name)))
                return null;
            calls.Add(call);
        }

        return calls.Count > 0 ? calls : null;
    }

    /// <summary>The calls of a message; null if one is not of the form that <see cref="Write"/> gives, with the arguments also as
    /// text.</summary>
    public static List<FunctionCall>? ReadCalls(IReadOnlyList<JsonElement> calls)
    {
        List<FunctionCall> read = [];
        foreach (JsonElement item in calls)
        {
            if (ReadCall(item, OfferedFunctions.None) is not { } call)
                return null;
            read.Add(call);
        }

        return read;
    }

    /// <summary>A JSON object of arguments; null if the text is none.</summary>
    public static JsonElement? ReadArguments(ReadOnlySpan<char> text) =>
        text.IsWhiteSpace() ? NoArguments
        : Parse(text) is { } json && json.ValueKind is JsonValueKind.Object or JsonValueKind.Null ? OrEmpty(json) : null;

    /// <summary>A JSON value; null if the text is none, or has a string with half a surrogate pair, which must not fail later, in the
    /// code that uses the call.</summary>
    public static JsonElement? Parse(ReadOnlySpan<char> text)
    {
        try
        {
            JsonElement json = JsonElement.Parse(text);
            using Utf8JsonWriter writer = new(Stream.Null);
            json.WriteTo(writer);
            return json;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>A value's JSON; bytes that are no UTF-8, which a parser of bytes does not look for, stand as U+FFFD.</summary>
    public static string RawText(JsonElement json) =>
        json.ValueKind == JsonValueKind.Undefined ? "nothing" : Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8Value(json));

    private static FunctionCall? ReadCall(JsonElement call, OfferedFunctions functions)
    {
        if (call.ValueKind != JsonValueKind.Object)
            return null;
        JsonElement function = call.TryGetProperty("function", out JsonElement inner) && inner.ValueKind == JsonValueKind.Object
            ? inner
            : call;
        bool hasName = function.TryGetProperty("name", out JsonElement name) || function.TryGetProperty("tool_name", out name);
        if (!hasName || name.ValueKind != JsonValueKind.String)
            return null;
        string id = call.TryGetProperty("id", out JsonElement given) && given.ValueKind == JsonValueKind.String
            && given.GetString() is { Length: > 0 } text ? text : NewId();
        if (!function.TryGetProperty("arguments", out JsonElement arguments)
            && !function.TryGetProperty("parameters", out arguments))
        {
            // Any object may have a name; one that has little else and names a function is a call without arguments.
            bool isCall = functions.Contains(name.GetString()!)
                && function.EnumerateObject().All(member => member.Name is "name" or "id" or "type");
            return isCall ? new FunctionCall(id, name.GetString()!, NoArguments) : null;
        }

        JsonElement? values = arguments.ValueKind switch
        {
            JsonValueKind.Object or JsonValueKind.Null => OrEmpty(arguments),
            JsonValueKind.String => ReadArguments(arguments.GetString()),
            _ => null,
        };
        return values is { } read ? new FunctionCall(id, name.GetString()!, read) : null;
    }

    private static JsonElement OrEmpty(JsonElement arguments) =>
        arguments.ValueKind == JsonValueKind.Null ? NoArguments : arguments;
}
