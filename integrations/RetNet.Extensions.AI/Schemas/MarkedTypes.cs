using System.Text.Json;
using System.Text.Json.Nodes;
using RetNet.Extensions.AI.Schemas.Types;

namespace RetNet.Extensions.AI.Schemas;

/// <summary>Narrows a schema whose .NET types are not known, where it says itself of which type a text is: System.Text.Json writes that of
/// some types as <c>$comment</c>, and bytes have their <c>contentEncoding</c>.</summary>
internal static class MarkedTypes
{
    private const string Comment = "$comment", Encoding = "contentEncoding";

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
        schema.Contains(Comment, StringComparison.Ordinal) || schema.Contains(Encoding, StringComparison.Ordinal);

    private static void Narrow(JsonNode? node)
    {
        IEnumerable<JsonNode?> within = node switch
        {
            JsonObject members => members.Select(member => member.Value),
            JsonArray items => items,
            _ => [],
        };
        foreach (JsonNode? inner in within)
            Narrow(inner);
        if (node is JsonObject place && KeywordsOf(place) is { } keywords)
            TypeNarrowing.Add(place, keywords);
    }

    private static JsonObject? KeywordsOf(JsonObject place)
    {
        if (Text(place, Comment) is { } comment && Comments.TryGetValue(comment, out Type? type) && place.ContainsKey("pattern"))
            return TypeNarrowing.TextsOf(type);
        return Text(place, Encoding) == "base64" ? TypeNarrowing.Bytes() : null;
    }

    private static string? Text(JsonObject place, string keyword) =>
        place[keyword] is { } value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
}
