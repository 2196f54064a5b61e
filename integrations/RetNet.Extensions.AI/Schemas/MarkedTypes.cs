using System.Text.Json;
using System.Text.Json.Nodes;
using RetNet.Extensions.AI.Schemas.Types;

namespace RetNet.Extensions.AI.Schemas;

/// <summary>Narrows a schema whose .NET types are not known, where it says itself of which type a text is: System.Text.Json writes that of
/// some types as <c>$comment</c>, and bytes have their <c>contentEncoding</c>.</summary>
internal static class MarkedTypes
{
    private const string Comment = "$comment";

    // Where these stand, nothing is a schema, or more is said of the texts.
    private static readonly string[] Values = ["default", "enum", "const", "examples"];
    private static readonly string[] OfTexts = ["pattern", "enum", "const", "format"];

    private static readonly Dictionary<string, Type> Comments = new()
    {
        ["Represents a System.TimeSpan value."] = typeof(TimeSpan),
        ["Represents a version string."] = typeof(Version),
    };

    /// <summary>The schema, narrower where it has such marks.</summary>
    public static JsonElement Narrow(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object || !HasMark(schema.GetRawText()))
            return schema;
        JsonNode narrowed = JsonObject.Create(schema)!;
        Narrow(narrowed);
        return AnyJson.ToElement(narrowed);
    }

    private static bool HasMark(string schema) =>
        schema.Contains(Comment, StringComparison.Ordinal) || schema.Contains(TypeNarrowing.Encoding, StringComparison.Ordinal);

    private static void Narrow(JsonNode? node, bool isNames = false)
    {
        foreach (JsonNode? item in node as JsonArray ?? [])
            Narrow(item);
        if (node is not JsonObject members)
            return;
        foreach ((string name, JsonNode? value) in members)
        {
            if (isNames || !Values.Contains(name))
                Narrow(value, isNames: !isNames && name is "properties" or "$defs" or "definitions");
        }

        if (!isNames && TypeOf(members) is { } type)
            TypeNarrowing.NarrowText(members, type);
    }

    // Elsewhere base64 may be written without its end, as part of a text, or of a length that is no multiple of four.
    private static Type? TypeOf(JsonObject place)
    {
        if (Text(place, Comment) is { } comment && Comments.TryGetValue(comment, out Type? type) && place.ContainsKey("pattern"))
            return type;
        bool isWhole = Text(place, TypeNarrowing.Encoding) == "base64" && !OfTexts.Any(place.ContainsKey)
            && (Length(place, "minLength", 0) + 3) / 4 * 4 <= Length(place, "maxLength", long.MaxValue);
        return isWhole ? typeof(byte[]) : null;
    }

    private static long Length(JsonObject place, string keyword, long absent) =>
        place[keyword] is JsonValue length && length.TryGetValue(out int characters) ? characters : absent;

    private static string? Text(JsonObject place, string keyword) =>
        place[keyword] is { } value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
}
