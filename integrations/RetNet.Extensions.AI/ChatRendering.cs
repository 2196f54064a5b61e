using System.Text.Json;
using Microsoft.Extensions.AI;
using RetNet.Extensions.Core.ChatTemplates;

namespace RetNet.Extensions.AI;

/// <summary>Puts conversations into a chat template, with the tools and variables of one request.</summary>
internal sealed class ChatRendering(
    ChatEncoder chat, IReadOnlyList<JsonElement>? tools, IReadOnlyDictionary<string, JsonElement>? variables)
{
    public int[] Encode(IReadOnlyList<ChatTemplateMessage> messages) =>
        chat.Encode(messages, addGenerationPrompt: true, tools, variables);

    /// <summary>The number of tokens of a prompt that its system message and tools take: those that another conversation with other
    /// messages shares.</summary>
    public int PrefixLength(IReadOnlyList<ChatTemplateMessage> messages, int[] prompt)
    {
        bool hasSystem = messages is [{ } first, ..] && first.Role == ChatRole.System.Value;
        if (!hasSystem && tools is null or { Count: 0 })
            return 0;
        ChatTemplateMessage somethingElse = new(ChatRole.User.Value, "\u00b7");
        try
        {
            return prompt.AsSpan().CommonPrefixLength(Encode(hasSystem ? [messages[0], somethingElse] : [somethingElse]));
        }
        catch (ChatTemplateException)
        {
            // The template requires more messages; then nothing is reused.
            return 0;
        }
    }
}
