using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AI;

/// <summary>Writes values of unknown type as JSON, with the contracts of Microsoft.Extensions.AI, which survive trimming.</summary>
/// <remarks>All methods throw one of the exceptions of <see cref="IsRefusal"/> for a value that JSON cannot hold.</remarks>
internal static class AnyJson
{
    private static readonly JsonTypeInfo Any = AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(object));
    private static readonly JsonTypeInfo AnyInOneLine =
        new JsonSerializerOptions(AIJsonUtilities.DefaultOptions) { WriteIndented = false }.GetTypeInfo(typeof(object));

    public static JsonElement ToElement(object value) => JsonSerializer.SerializeToElement(value, AnyInOneLine);

    public static JsonNode? ToNode(object? value) => JsonSerializer.SerializeToNode(value, Any);

    public static string ToText(object value) => JsonSerializer.Serialize(value, Any);

    /// <summary>What a function returned, as a model reads it: the texts of contents and messages, otherwise JSON.</summary>
    public static string ToReadText(object result) => result switch
    {
        string text => text,
        TextContent content => content.Text,
        AIContent => "",
        IEnumerable<AIContent> contents => string.Concat(contents.OfType<TextContent>()),
        ChatMessage message => message.Text,
        IEnumerable<ChatMessage> messages => string.Join('\n', messages.Select(message => message.Text)),
        ChatResponse response => response.Text,
        _ => ToText(result),
    };

    /// <summary>Whether an exception says that JSON cannot hold a value.</summary>
    public static bool IsRefusal(Exception exception) =>
        exception is JsonException or NotSupportedException or InvalidOperationException or ArgumentException;
}
