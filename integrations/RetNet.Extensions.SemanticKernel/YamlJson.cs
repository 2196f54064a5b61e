using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RetNet.Extensions.SemanticKernel;

/// <summary>JSON schemas, and formats with schemas, of prompt files in YAML.</summary>
/// <remarks>Their reader hands over mappings with texts for all scalars, so that the keyword tells which are texts.</remarks>
internal static class YamlJson
{
    private static readonly HashSet<string> Texts =
    [
        "$anchor", "$comment", "$dynamicAnchor", "$dynamicRef", "$id", "$ref", "$schema", "description", "format", "name", "pattern",
        "required", "title", "type",
    ];

    private static readonly HashSet<string> Values = ["const", "default", "enum", "examples"];

    /// <summary>A mapping as JSON; null if the value is none.</summary>
    public static JsonElement? Read(object? value) =>
        value is IDictionary<object, object?> mapping ? Read(mapping).Deserialize<JsonElement>() : null;

    private static JsonObject Read(IDictionary<object, object?> mapping)
    {
        bool hasTexts = mapping.TryGetValue("type", out object? type) && type is "string";
        JsonObject json = [];
        foreach ((object key, object? value) in mapping)
        {
            string name = $"{key}";
            json[name] = Read(value, areTexts: Texts.Contains(name) || (hasTexts && Values.Contains(name)));
        }

        return json;
    }

    private static JsonNode? Read(object? value, bool areTexts) => value switch
    {
        IDictionary<object, object?> mapping => Read(mapping),
        IList<object?> list => new JsonArray([.. list.Select(item => Read(item, areTexts))]),
        string text when !areTexts => Scalar(text),
        _ => value?.ToString(),
    };

    private static JsonNode? Scalar(string text) => text switch
    {
        "true" => true,
        "false" => false,
        "null" or "~" or "" => null,
        _ when decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number) => number,
        _ => text,
    };
}
