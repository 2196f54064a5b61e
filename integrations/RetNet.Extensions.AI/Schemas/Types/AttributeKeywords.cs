using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RetNet.Extensions.AI.Schemas.Types;

/// <summary>What Microsoft.Extensions.AI writes for the attributes of .NET types and JSON Schema does not have.</summary>
internal static class AttributeKeywords
{
    private static readonly string[] Bounds = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];
    private static readonly string[] Counts = ["minLength", "maxLength", "minItems", "maxItems"];
    private static readonly string[] Values = ["default", "enum", "const", "examples"];

    /// <summary>Reads bounds that are texts as the numbers that they stand for, leaves out those of dates and the length −1, which stands
    /// for any length, counts the members of objects, and writes patterns of .NET as those of ECMA-262. In place.</summary>
    public static void Correct(JsonNode? node)
    {
        foreach (JsonNode? alternative in node as JsonArray ?? [])
            Correct(alternative);
        if (node is not JsonObject schema)
            return;
        foreach (string bound in Bounds.Where(bound => IsText(schema[bound])))
            Replace(schema, bound, Number(schema[bound]!.GetValue<string>()));
        foreach (string count in Counts.Where(count => schema[count]?.ToString() == "-1"))
            schema.Remove(count);
        if (IsText(schema["type"]) && schema["type"]!.GetValue<string>() == "object")
        {
            Rename(schema, "minItems", "minProperties");
            Rename(schema, "maxItems", "maxProperties");
        }

        if (IsText(schema["pattern"]))
            schema["pattern"] = DotNetPattern.ToEcma(schema["pattern"]!.GetValue<string>());
        foreach ((string keyword, JsonNode? value) in schema)
        {
            if (keyword == "properties" && value is JsonObject members)
            {
                foreach ((_, JsonNode? member) in members)
                    Correct(member);
            }
            else if (!Values.Contains(keyword))
            {
                Correct(value);
            }
        }
    }

    private static void Replace(JsonObject schema, string keyword, JsonNode? value)
    {
        if (value is null)
            schema.Remove(keyword);
        else
            schema[keyword] = value;
    }

    private static void Rename(JsonObject schema, string keyword, string name)
    {
        if (schema.Remove(keyword, out JsonNode? value))
            schema[name] = value;
    }

    private static JsonNode? Number(string text) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number) ? JsonValue.Create(number) : null;

    private static bool IsText(JsonNode? node) => node?.GetValueKind() == JsonValueKind.String;
}
