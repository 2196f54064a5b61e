using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AI.Conversations;

namespace RetNet.Extensions.Orleans.Conversations;

/// <summary>Which request a kept answer belongs to, so that it is told again when that request is repeated. It is written among the
/// additional properties of the answer's last message, and so is part of the conversation in any store.</summary>
internal static class KeptTurn
{
    private const string Key = "retnet_turn";
    private const string RequestKey = "request";
    private const string TurnKey = "turn";
    private const string MessagesKey = "messages";
    private const string FinishReasonKey = "finish_reason";
    private const string UsageKey = "usage";

    /// <summary>Marks the last messages of a conversation as the answer to a request.</summary>
    /// <param name="conversation">The conversation after the turn.</param>
    /// <param name="request">The id of the request.</param>
    /// <param name="answer">The answer, whose messages are the last ones of the conversation.</param>
    public static void Mark(StoredConversation conversation, Guid request, ChatResponse answer)
    {
        JsonObject mark = new()
        {
            [RequestKey] = request,
            [TurnKey] = conversation.Turn,
            [MessagesKey] = answer.Messages.Count,
        };
        if (answer.FinishReason is { } reason)
            mark[FinishReasonKey] = reason.Value;
        if (answer.Usage is { } usage)
            mark[UsageKey] = JsonNode.Parse(Wire.Write(usage));
        ChatMessage last = conversation.Messages[^1];
        last.AdditionalProperties = new AdditionalPropertiesDictionary(last.AdditionalProperties ?? [])
        {
            [Key] = JsonElement.Parse(mark.ToJsonString()),
        };
    }

    /// <summary>The kept answer to a request; null if there is none.</summary>
    /// <param name="conversation">The conversation.</param>
    /// <param name="request">The id of the request.</param>
    public static IReadOnlyList<TurnUpdate>? Find(StoredConversation conversation, Guid request)
    {
        for (int last = conversation.Messages.Count - 1; last >= 0; last--)
        {
            if (conversation.Messages[last].AdditionalProperties?.TryGetValue(Key, out JsonElement mark) != true
                || !IsOf(mark, request))
            {
                continue;
            }

            int count = mark.GetProperty(MessagesKey).GetInt32();
            ChatResponse answer = new([.. conversation.Messages.Skip(last + 1 - count).Take(count).Select(WithoutMark)])
            {
                FinishReason = mark.TryGetProperty(FinishReasonKey, out JsonElement reason)
                    ? new ChatFinishReason(reason.GetString()!)
                    : null,
                Usage = mark.TryGetProperty(UsageKey, out JsonElement usage)
                    ? Wire.Read<UsageDetails>(JsonSerializer.SerializeToUtf8Bytes(usage))
                    : null,
            };
            long turn = mark.GetProperty(TurnKey).GetInt64();
            return [.. answer.ToChatResponseUpdates().Select(update => new TurnUpdate(turn, update))];
        }

        return null;
    }

    // A message of a caller may have something else under the key.
    private static bool IsOf(JsonElement mark, Guid request) => mark.ValueKind == JsonValueKind.Object
        && mark.TryGetProperty(RequestKey, out JsonElement id) && id.ValueKind == JsonValueKind.String
        && id.TryGetGuid(out Guid found) && found == request;

    private static ChatMessage WithoutMark(ChatMessage message)
    {
        ChatMessage told = message.Clone();
        if (told.AdditionalProperties?.ContainsKey(Key) == true)
        {
            told.AdditionalProperties = new AdditionalPropertiesDictionary(told.AdditionalProperties);
            told.AdditionalProperties.Remove(Key);
        }

        return told;
    }
}
