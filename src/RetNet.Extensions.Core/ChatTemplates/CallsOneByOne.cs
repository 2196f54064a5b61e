using System.Text.Json;

namespace RetNet.Extensions.Core.ChatTemplates;

/// <summary>Conversations for templates that take one call in a message.</summary>
internal static class CallsOneByOne
{
    /// <summary>The conversation with each call in a message of its own, followed by its result.</summary>
    /// <param name="messages">The conversation. The results of a message's calls follow it, in any order if they have ids.</param>
    public static List<ChatTemplateMessage> Split(IReadOnlyList<ChatTemplateMessage> messages)
    {
        List<ChatTemplateMessage> split = [];
        for (int i = 0; i < messages.Count; i++)
        {
            if (messages[i] is not { ToolCalls: { Count: > 1 } calls } message)
            {
                split.Add(messages[i]);
                continue;
            }

            List<ChatTemplateMessage> results = [.. messages.Skip(i + 1).TakeWhile(IsResult)];
            i += results.Count;
            for (int call = 0; call < calls.Count; call++)
            {
                split.Add(message with
                {
                    Content = call == 0 ? message.Content : "",
                    Reasoning = call == 0 ? message.Reasoning : null,
                    Parts = call == 0 ? message.Parts : null,
                    ToolCalls = [calls[call]],
                });
                int result = results.FindIndex(result => result.ToolCallId is null || result.ToolCallId == Id(calls[call]));
                if (result < 0)
                    continue;
                split.Add(results[result]);
                results.RemoveAt(result);
            }

            split.AddRange(results);
        }

        return split;
    }

    private static bool IsResult(ChatTemplateMessage message) => message.ToolCallId is not null || message.Role == "tool";

    private static string? Id(JsonElement call) =>
        call.ValueKind == JsonValueKind.Object && call.TryGetProperty("id", out JsonElement id) && id.ValueKind == JsonValueKind.String
            ? id.GetString()
            : null;
}
