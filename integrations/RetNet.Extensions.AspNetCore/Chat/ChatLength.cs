using Microsoft.Extensions.AI;
using RetNet.Extensions.AspNetCore.Requests;

namespace RetNet.Extensions.AspNetCore.Chat;

/// <summary>The characters that a chat gives to a model: messages with their calls, instructions and tools.</summary>
internal static class ChatLength
{
    /// <summary>Refuses chats that are longer than the host reads.</summary>
    /// <param name="fields">The request.</param>
    /// <param name="name">The field of the messages.</param>
    /// <param name="messages">The messages.</param>
    /// <param name="options">The instructions and tools.</param>
    /// <param name="maxCharacters">The most characters of all together; null for any number.</param>
    /// <exception cref="Errors.OpenAIException">The chat is longer.</exception>
    public static void RefuseLong(
        JsonFields fields, string name, IEnumerable<ChatMessage> messages, ChatOptions options, int? maxCharacters)
    {
        if (maxCharacters is null)
            return;
        long characters = messages.Sum(MessageLength) + (options.Instructions?.Length ?? 0) + (options.Tools ?? []).Sum(ToolLength);
        if (characters > maxCharacters)
        {
            throw fields.Invalid(name,
                $"have {characters} characters, with instructions, calls and tools, more than the {maxCharacters} that this server reads",
                "context_length_exceeded");
        }
    }

    private static long MessageLength(ChatMessage message) => (message.AuthorName?.Length ?? 0) + message.Contents.Sum(ContentLength);

    private static long ContentLength(AIContent content) => content switch
    {
        TextContent text => text.Text.Length,
        TextReasoningContent text => text.Text.Length,
        FunctionCallContent call => call.CallId.Length + call.Name.Length + ChatJson.Arguments(call).Length,
        FunctionResultContent result => result.CallId.Length + (result.Result?.ToString()?.Length ?? 0),
        _ => 0,
    };

    private static long ToolLength(AITool tool) => tool.Name.Length + tool.Description.Length
        + (tool is AIFunctionDeclaration function ? function.JsonSchema.GetRawText().Length : 0);
}
