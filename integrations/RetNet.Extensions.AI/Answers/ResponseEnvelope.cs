using Microsoft.Extensions.AI;
using RetNet.Extensions.Core.Generation;

namespace RetNet.Extensions.AI.Answers;

/// <summary>Adds the ids and names that all updates of one response share.</summary>
internal sealed class ResponseEnvelope(string modelId, string? conversationId, StateMeter state)
{
    private readonly string _responseId = Guid.NewGuid().ToString("N");
    private readonly string _messageId = Guid.NewGuid().ToString("N");
    private readonly DateTimeOffset _createdAt = DateTimeOffset.UtcNow;

    public ChatResponseUpdate Update(params IList<AIContent> contents) => state.AddTo(new ChatResponseUpdate(ChatRole.Assistant, contents)
    {
        ResponseId = _responseId,
        MessageId = _messageId,
        ModelId = modelId,
        ConversationId = conversationId,
        CreatedAt = _createdAt,
    });

    /// <summary>The update that ends the response.</summary>
    /// <param name="result">The generated text.</param>
    /// <param name="cachedTokens">The number of prompt tokens that were not read again.</param>
    /// <param name="reasoningTokens">The number of generated tokens that are reasoning.</param>
    /// <param name="hasCalls">Whether the text calls functions.</param>
    public ChatResponseUpdate Last(GenerationResult result, int cachedTokens, int reasoningTokens, bool hasCalls)
    {
        ChatResponseUpdate update = Update(new UsageContent(new UsageDetails
        {
            InputTokenCount = result.PromptTokens,
            CachedInputTokenCount = cachedTokens,
            OutputTokenCount = result.Tokens.Count,
            ReasoningTokenCount = reasoningTokens,
            TotalTokenCount = result.PromptTokens + result.Tokens.Count,
        }));
        (update.AdditionalProperties ??= [])[StateMeter.BytesKey] = result.StateBytes;
        update.FinishReason = result.FinishReason == FinishReason.Length ? ChatFinishReason.Length
            : hasCalls ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop;
        return update;
    }
}
