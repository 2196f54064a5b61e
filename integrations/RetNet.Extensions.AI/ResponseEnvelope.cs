using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AI;

/// <summary>Adds the ids and names that all updates of one response share.</summary>
internal sealed class ResponseEnvelope(string modelId, string? conversationId)
{
    private readonly string _responseId = Guid.NewGuid().ToString("N");
    private readonly string _messageId = Guid.NewGuid().ToString("N");
    private readonly DateTimeOffset _createdAt = DateTimeOffset.UtcNow;

    public ChatResponseUpdate Update(params IList<AIContent> contents) => new(ChatRole.Assistant, contents)
    {
        ResponseId = _responseId,
        MessageId = _messageId,
        ModelId = modelId,
        ConversationId = conversationId,
        CreatedAt = _createdAt,
    };

    public ChatResponseUpdate Last(ChatFinishReason finishReason, UsageDetails usage)
    {
        ChatResponseUpdate update = Update(new UsageContent(usage));
        update.FinishReason = finishReason;
        return update;
    }
}
