using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel.ChatCompletion;

namespace Microsoft.SemanticKernel;

/// <summary>Between the messages of Semantic Kernel and those of Microsoft.Extensions.AI; text and usage only.</summary>
internal static class ChatContentConversions
{
    public static List<ChatMessage> ToChatMessages(this ChatHistory history) => [.. history.Select(ToChatMessage)];

    public static ChatMessageContent ToChatMessageContent(this ChatMessage message, ChatResponse? response)
    {
        var content = new ChatMessageContent
        {
            Role = new AuthorRole(message.Role.Value),
            AuthorName = message.AuthorName,
            ModelId = response?.ModelId,
            InnerContent = response?.RawRepresentation ?? message.RawRepresentation,
            Metadata = new AdditionalPropertiesDictionary(message.AdditionalProperties ?? []) { ["Usage"] = response?.Usage },
        };
        foreach (var text in message.Contents.OfType<Extensions.AI.TextContent>())
            content.Items.Add(new TextContent(text.Text, response?.ModelId, text.RawRepresentation, metadata: text.AdditionalProperties));
        return content;
    }

    public static StreamingChatMessageContent ToStreamingChatMessageContent(this ChatResponseUpdate update)
    {
        AuthorRole? role = update.Role is { } chatRole ? new AuthorRole(chatRole.Value) : null;
        var content = new StreamingChatMessageContent(role, null, update.RawRepresentation, modelId: update.ModelId, metadata: update.AdditionalProperties);
        foreach (var item in update.Contents)
        {
            if (item is Extensions.AI.TextContent text)
                content.Items.Add(new StreamingTextContent(text.Text, modelId: update.ModelId, innerContent: text.RawRepresentation));
            else if (item is UsageContent usage)
                content.Metadata = new Dictionary<string, object?>(update.AdditionalProperties ?? []) { ["Usage"] = usage };
        }

        return content;
    }

    private static ChatMessage ToChatMessage(ChatMessageContent content)
    {
        var message = new ChatMessage
        {
            Role = content.Role.Label is { } label ? new ChatRole(label) : ChatRole.User,
            AuthorName = content.AuthorName,
            RawRepresentation = content.InnerContent,
            AdditionalProperties = content.Metadata is null ? null : new(content.Metadata),
        };
        foreach (var text in content.Items.OfType<TextContent>())
            message.Contents.Add(new Extensions.AI.TextContent(text.Text) { RawRepresentation = text.InnerContent });
        return message;
    }
}
