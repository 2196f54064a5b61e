using Microsoft.Extensions.AI;
using RetNet.Extensions.AI;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Conversations.Tests.Killed;

/// <summary>A conversation of some turns with a small model.</summary>
internal static class Story
{
    public static readonly string[] Questions = ["Tell me a story.", "What happened then?", "And then?", "How did it end?"];

    public static TextModel LoadModel(string name) =>
        TextModel.Load(Path.Combine(AppContext.BaseDirectory, "models", name), new ModelLoadOptions { Threads = 1 });

    /// <summary>Continues a conversation by a turn.</summary>
    /// <param name="model">Answers.</param>
    /// <param name="before">The conversation so far.</param>
    /// <param name="told">Called with each piece of the answer.</param>
    /// <returns>The conversation, and the line that describes the turn: its number, the tokens of its prompt, and how many of them were not
    /// read anew.</returns>
    public static async Task<(StoredConversation After, string Line)> TurnAsync(
        TextModel model, StoredConversation before, Action<string> told)
    {
        using RetNetChatClient client = new(model);
        ConversationTurn turn = new(
            client, before, [new ChatMessage(ChatRole.User, Questions[before.Turn])],
            new ChatOptions { Temperature = 0.8f, Seed = 3, MaxOutputTokens = 24 });
        List<ChatResponseUpdate> updates = [];
        await foreach (ChatResponseUpdate update in turn)
        {
            updates.Add(update);
            told(update.Text);
        }

        UsageDetails usage = updates.ToChatResponse().Usage!;
        return (turn.After, $"turn {turn.After.Turn}: {usage.InputTokenCount} tokens, {usage.CachedInputTokenCount} of them cached");
    }
}
