using System.Text.Json;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AI.Conversations;

/// <summary>Lets the results of functions come back from JSON as models read them before: JSON does not tell a text from a text that is
/// JSON, and has no exceptions.</summary>
internal static class StoredResults
{
    /// <summary>A message in which a result that is a text of JSON is a text with quotation marks, and an exception is its
    /// message.</summary>
    public static ChatMessage Write(ChatMessage message) => Replace(message, result => result switch
    {
        { Result: JsonElement { ValueKind: JsonValueKind.String } text } => AnyJson.ToText(text),
        { Result: null, Exception: { } exception } => exception.Message,
        _ => result.Result,
    });

    /// <summary>A message in which a result that is a text is an ordinary one.</summary>
    public static ChatMessage Read(ChatMessage message) => Replace(message, result =>
        result.Result is JsonElement { ValueKind: JsonValueKind.String } text ? text.GetString() : result.Result);

    private static ChatMessage Replace(ChatMessage message, Func<FunctionResultContent, object?> replace)
    {
        if (!message.Contents.OfType<FunctionResultContent>().Any(result => replace(result) != result.Result))
            return message;
        ChatMessage copy = message.Clone();
        copy.Contents = [.. message.Contents.Select(content => content is FunctionResultContent result
            ? new FunctionResultContent(result.CallId, replace(result))
            {
                Annotations = result.Annotations,
                AdditionalProperties = result.AdditionalProperties,
            }
            : content)];
        return copy;
    }
}
