using System.Text.Json;
using System.Text.Json.Nodes;

namespace RetNet.Extensions.Benchmarks.Calling;

/// <summary>Reads functions as the chat template writes them: <c>book(city: string, class?: first|second): Books a room.</c></summary>
internal static class Signature
{
    private static readonly string[] Types = ["string", "integer", "number", "boolean", "array", "object"];

    /// <summary>The name of the function.</summary>
    public static string Name(string text) => text[..text.IndexOf('(', StringComparison.Ordinal)];

    /// <summary>The function as chat templates expect it.</summary>
    public static JsonElement Tool(string text)
    {
        int close = text.IndexOf("):", StringComparison.Ordinal);
        JsonObject properties = [];
        JsonArray required = [];
        string parameters = text[(Name(text).Length + 1)..close];
        foreach (string parameter in parameters.Split(", ", StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = parameter.Split(": ");
            string name = parts[0].TrimEnd('?');
            properties[name] = Schema(parts[1]);
            if (name == parts[0])
                required.Add(name);
        }

        return JsonSerializer.SerializeToElement(new JsonObject
        {
            ["type"] = "function",
            ["function"] = new JsonObject
            {
                ["name"] = Name(text),
                ["description"] = text[(close + 2)..].Trim(),
                ["parameters"] = new JsonObject { ["type"] = "object", ["properties"] = properties, ["required"] = required },
            },
        });
    }

    private static JsonObject Schema(string type) => Types.Contains(type) ? new() { ["type"] = type }
        : new() { ["type"] = "string", ["enum"] = new JsonArray([.. type.Split('|').Select(value => (JsonNode)value)]) };
}
