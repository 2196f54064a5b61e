using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AI;

/// <summary>Writes values of unknown type as JSON, with the contracts of Microsoft.Extensions.AI, which survive trimming.</summary>
internal static class AnyJson
{
    private static readonly JsonTypeInfo Any = AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(object));
    private static readonly JsonTypeInfo AnyInOneLine =
        new JsonSerializerOptions(AIJsonUtilities.DefaultOptions) { WriteIndented = false }.GetTypeInfo(typeof(object));

    public static JsonElement ToElement(object value) => JsonSerializer.SerializeToElement(value, AnyInOneLine);

    public static JsonNode? ToNode(object? value) => JsonSerializer.SerializeToNode(value, Any);

    public static string ToText(object value) => JsonSerializer.Serialize(value, Any);
}
