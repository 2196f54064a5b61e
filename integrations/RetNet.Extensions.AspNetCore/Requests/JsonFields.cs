using System.Globalization;
using System.Text.Json;
using RetNet.Extensions.AspNetCore.Errors;

namespace RetNet.Extensions.AspNetCore.Requests;

/// <summary>The fields of a JSON object in a request. A field that is absent and one that is null are the same; a field of another type
/// than asked for is an error that names its place.</summary>
/// <param name="json">The object.</param>
/// <param name="path">Its place in the request; empty for the request itself.</param>
internal readonly struct JsonFields(JsonElement json, string path)
{
    /// <summary>The object.</summary>
    public JsonElement Json { get; } = json;

    /// <summary>The place of a field in the request, such as <c>messages[0].role</c>.</summary>
    public string PathOf(string name) => path.Length == 0 ? name : $"{path}.{name}";

    /// <summary>Another object in the same place.</summary>
    public JsonFields With(JsonElement other) => new(other, path);

    /// <summary>What a value is, in a sentence.</summary>
    public static string Describe(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        _ => "null",
    };

    /// <summary>The value of a field; null if it is absent or null.</summary>
    public JsonElement? Any(string name) =>
        Json.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A text.</summary>
    public string? Text(string name) => Any(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw Wrong(name, value, "a text");

    /// <summary>A text that must be there.</summary>
    public string RequiredText(string name) => Text(name) ?? throw Missing(name, "a text");

    /// <summary>True or false.</summary>
    public bool? Flag(string name) => Any(name) is not { } value ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : throw Wrong(name, value, "true or false");

    /// <summary>An integer within bounds; some clients write it with a point, as 7.0.</summary>
    public long? Integer(string name, long least = long.MinValue, long most = long.MaxValue)
    {
        if (Any(name) is not { } value)
            return null;
        string expected = most == long.MaxValue
            ? least == long.MinValue ? "an integer" : $"an integer from {least} on"
            : $"an integer from {least} to {most}";
        if (value.ValueKind != JsonValueKind.Number)
            throw Wrong(name, value, expected);
        return value.TryGetDecimal(out decimal number) && decimal.IsInteger(number) && number >= least && number <= most
            ? (long)number
            : throw OutOfRange(name, value, expected);
    }

    /// <summary>An integer of 32 bits within bounds.</summary>
    public int? Count(string name, int least, int most = int.MaxValue) => (int?)Integer(name, least, most);

    /// <summary>A number within bounds.</summary>
    public float? Number(string name, float least, float most) =>
        Any(name) is { } value ? Number(name, value, least, most) : null;

    /// <summary>A number within bounds: a field of this object that was enumerated. To look up many by their names takes the square of
    /// their number.</summary>
    public float? Number(JsonProperty field, float least, float most) =>
        field.Value.ValueKind == JsonValueKind.Null ? null : Number(field.Name, field.Value, least, most);

    private float Number(string name, JsonElement value, float least, float most)
    {
        bool isNumber = value.ValueKind == JsonValueKind.Number;
        if (isNumber && value.TryGetSingle(out float number) && number >= least && number <= most)
            return number;
        string expected = string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}");
        throw isNumber ? OutOfRange(name, value, expected) : Wrong(name, value, expected);
    }

    /// <summary>An object.</summary>
    public JsonFields? Object(string name) => Any(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Object ? new JsonFields(value, PathOf(name))
        : throw Wrong(name, value, "an object");

    /// <summary>An object that must be there.</summary>
    public JsonFields RequiredObject(string name) => Object(name) ?? throw Missing(name, "an object");

    /// <summary>A list of objects.</summary>
    public IReadOnlyList<JsonFields>? Objects(string name)
    {
        if (Any(name) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Array)
            throw Wrong(name, value, "a list");
        List<JsonFields> items = new(value.GetArrayLength());
        foreach (JsonElement item in value.EnumerateArray())
        {
            string place = $"{PathOf(name)}[{items.Count}]";
            items.Add(item.ValueKind == JsonValueKind.Object
                ? new JsonFields(item, place)
                : throw OpenAIException.Invalid($"'{place}' is {Describe(item)}; expected an object.", place));
        }

        return items;
    }

    /// <summary>A text, or a list of texts.</summary>
    public IReadOnlyList<string>? TextOrTexts(string name, int most)
    {
        if (Any(name) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.String)
            return [value.GetString()!];
        if (value.ValueKind != JsonValueKind.Array)
            throw Wrong(name, value, "a text or a list of texts");
        if (value.GetArrayLength() > most)
            throw Invalid(name, $"has {value.GetArrayLength()} entries; expected at most {most}");
        List<string> texts = new(value.GetArrayLength());
        foreach (JsonElement item in value.EnumerateArray())
        {
            string place = $"{PathOf(name)}[{texts.Count}]";
            texts.Add(item.ValueKind == JsonValueKind.String
                ? item.GetString()!
                : throw OpenAIException.Invalid($"'{place}' is {Describe(item)}; expected a text.", place));
        }

        return texts;
    }

    /// <summary>The error of a field: <c>'field' problem.</c></summary>
    public OpenAIException Invalid(string name, string problem, string? code = null) =>
        OpenAIException.Invalid($"'{PathOf(name)}' {problem}.", PathOf(name), code);

    /// <summary>The error of a field that has to be there.</summary>
    public OpenAIException Missing(string name, string expected) => Invalid(name, $"is missing; expected {expected}");

    /// <summary>The error of a field that has another type.</summary>
    public OpenAIException Wrong(string name, JsonElement value, string expected) =>
        Invalid(name, $"is {Describe(value)}; expected {expected}", "invalid_type");

    private OpenAIException OutOfRange(string name, JsonElement value, string expected) =>
        Invalid(name, $"is {Shortened(value.GetRawText())}; expected {expected}", "invalid_value");

    /// <summary>A foreign text of a length that fits into a message.</summary>
    public static string Shortened(string text) => text.Length <= 64 ? text : string.Concat(text.AsSpan(0, 61), "...");
}
