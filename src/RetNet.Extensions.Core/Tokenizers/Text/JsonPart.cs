using System.Text;
using System.Text.Json;

namespace RetNet.Extensions.Core.Tokenizers.Text;

/// <summary>A JSON value with its place in its file, so that every error can name both.</summary>
internal readonly record struct JsonPart(JsonElement Element, string Place, string FileName)
{
    private const int LongestQuote = 60;
    private const int LongestShortText = 1024;

    /// <summary>The member <paramref name="name"/>, or null where it is absent or JSON null.</summary>
    public JsonPart? Member(string name)
    {
        if (Element.ValueKind != JsonValueKind.Object)
            throw Unexpected("an object");
        if (!Element.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
            return null;
        return new JsonPart(value, Place.Length == 0 ? name : $"{Place}.{name}", FileName);
    }

    public JsonPart Required(string name) =>
        Member(name) ?? throw new JsonPartException(Place, $"no \"{name}\"", $"a member \"{name}\"");

    public string Text() => Element.ValueKind == JsonValueKind.String ? Element.GetString()! : throw Unexpected("a string");

    /// <summary>A string that is inserted into texts many times, and therefore has a length limit.</summary>
    public string ShortText() =>
        Text() is { Length: <= LongestShortText } text ? text : throw Unexpected($"at most {LongestShortText} characters");

    public bool Flag() => Element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Unexpected("true or false"),
    };

    public bool Flag(string name, bool missing) => Member(name)?.Flag() ?? missing;

    public int Count() =>
        Element.ValueKind == JsonValueKind.Number && Element.TryGetInt32(out int value) && value >= 0
            ? value
            : throw Unexpected("a whole number from 0 to 2147483647");

    public Rune Character()
    {
        string text = Text();
        return Rune.DecodeFromUtf16(text, out Rune rune, out int length) == System.Buffers.OperationStatus.Done && length == text.Length
            ? rune
            : throw Unexpected("a single character");
    }

    public string Type() => Required("type").Text();

    public IEnumerable<JsonPart> Items()
    {
        if (Element.ValueKind != JsonValueKind.Array)
            throw Unexpected("an array");
        return Enumerate(this);

        static IEnumerable<JsonPart> Enumerate(JsonPart array)
        {
            int index = 0;
            foreach (JsonElement item in array.Element.EnumerateArray())
                yield return new JsonPart(item, $"{array.Place}[{index++}]", array.FileName);
        }
    }

    public JsonPartException Unexpected(string expected) => new(Place, Describe(), expected);

    public JsonPartException Unsupported(string kind, string supported) => new(Place, $"the {kind} \"{Type()}\"", supported);

    private string Describe()
    {
        if (Element.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
            return Element.ValueKind == JsonValueKind.Object ? "an object" : "an array";
        string raw = Element.ValueKind == JsonValueKind.Undefined ? "nothing" : Element.GetRawText();
        return raw.Length <= LongestQuote ? raw : raw[..LongestQuote] + "…";
    }
}

/// <summary>A part of a document that is not as expected; <c>TokenizerReader</c> adds the file's name.</summary>
internal sealed class JsonPartException(string place, string found, string expected, Exception? inner = null) : Exception(null, inner)
{
    public string Place => place;

    public string Found => found;

    public string Expected => expected;
}
