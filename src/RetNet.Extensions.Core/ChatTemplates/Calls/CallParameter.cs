using System.Text.Json;

namespace RetNet.Extensions.Core.ChatTemplates.Calls;

/// <summary>Values of arguments that are written one by one, strings without quotes.</summary>
internal static class CallParameter
{
    /// <summary>Writes a value as JSON.</summary>
    /// <param name="value">The value as the model wrote it.</param>
    /// <param name="schema">The JSON schema of the parameter, if it is known.</param>
    /// <param name="isText">Whether it is marked as a string.</param>
    /// <param name="json">Where the value goes.</param>
    public static void Write(ReadOnlySpan<char> value, JsonElement? schema, bool isText, Utf8JsonWriter json)
    {
        (bool canBeText, bool canBeOther) = Types(schema);
        if (!isText && (canBeOther || !canBeText) && Read(value, canBeText) is { } other)
            other.WriteTo(json);
        else
            json.WriteStringValue(value);
    }

    // Python's words are what templates write that print a value instead of its JSON.
    private static JsonElement? Read(ReadOnlySpan<char> value, bool canBeText)
    {
        ReadOnlySpan<char> trimmed = value.Trim();
        JsonElement? json = CallJson.Parse(trimmed switch
        {
            "True" => "true",
            "False" => "false",
            "None" => "null",
            _ => trimmed,
        });
        return json is { ValueKind: JsonValueKind.String } && canBeText ? null : json;
    }

    /// <summary>Whether a schema lets a value be a string, and be something else.</summary>
    public static (bool Text, bool Other) Types(JsonElement? schema)
    {
        if (schema is not { ValueKind: JsonValueKind.Object } known || !known.TryGetProperty("type", out JsonElement type))
            return (true, true);
        string[] types = type.ValueKind == JsonValueKind.Array
            ? [.. type.EnumerateArray().Select(item => item.ToString())]
            : [type.ToString()];
        return (types.Contains("string"), types.Any(name => name != "string"));
    }
}
