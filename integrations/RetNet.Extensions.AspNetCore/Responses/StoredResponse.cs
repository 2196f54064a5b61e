using System.Text.Json;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AI.Conversations;

namespace RetNet.Extensions.AspNetCore.Responses;

/// <summary>A response that is kept: the conversation up to its end under its id, so that a conversation can branch at any response, and
/// with the last message what the API tells of the response.</summary>
/// <param name="Conversation">The conversation up to the end of the response.</param>
/// <param name="Response">The response as it was told.</param>
/// <param name="Input">The items of its request.</param>
internal sealed record StoredResponse(StoredConversation Conversation, JsonElement Response, IReadOnlyList<JsonElement> Input)
{
    private const string ResponseKey = "openai.response";
    private const string InputKey = "openai.input";

    /// <summary>The items of the request and of its answer.</summary>
    public IEnumerable<JsonElement> Items => Input.Concat(Response.GetProperty("output").EnumerateArray());

    /// <summary>Reads a response from what a store keeps.</summary>
    /// <returns>Null if the conversation was not kept by <see cref="ToConversation"/>.</returns>
    public static StoredResponse? From(StoredConversation kept)
    {
        if (kept.Messages.Count == 0 || kept.Messages[^1] is not { AdditionalProperties: { } properties } last
            || !properties.TryGetValue(ResponseKey, out JsonElement response) || !properties.TryGetValue(InputKey, out JsonElement input))
        {
            return null;
        }

        ChatMessage plain = last.Clone();
        plain.AdditionalProperties = new(properties.Where(property => property.Key is not (ResponseKey or InputKey)));
        StoredConversation conversation = new(kept.Turn, [.. kept.Messages.SkipLast(1), plain], kept.State);
        return new StoredResponse(conversation, response, [.. input.EnumerateArray()]);
    }

    /// <summary>The response as a store keeps it.</summary>
    public StoredConversation ToConversation()
    {
        ChatMessage last = Conversation.Messages.Count > 0 ? Conversation.Messages[^1].Clone() : new ChatMessage(ChatRole.Assistant, "");
        last.AdditionalProperties = new(last.AdditionalProperties ?? [])
        {
            [ResponseKey] = Response,
            [InputKey] = JsonSerializer.SerializeToElement(Input, ResponsesJson.Default.IReadOnlyListJsonElement),
        };
        return new StoredConversation(Conversation.Turn, [.. Conversation.Messages.SkipLast(1), last], Conversation.State);
    }
}
