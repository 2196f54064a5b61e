using System.Text.Json;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.AI.Tests.Conversations;

/// <summary>A process that talks, and keeps what is said in files. It reads a conversation's id (or <c>-</c>) and a message from each line
/// of its standard input; after the first part of each answer it waits for one more line.</summary>
internal static class TalkingProgram
{
    /// <summary>The first argument that starts it; the model's name, the folder and the policy (or <c>-</c>) follow.</summary>
    public const string Argument = "talk";

    public const string Midway = "midway";

    public static ChatOptions Options(string policy, string? id = null) => new()
    {
        ConversationId = id,
        Temperature = 0,
        MaxOutputTokens = 24,
        AdditionalProperties = policy == "-" ? null : new() { ["policy"] = policy, ["state_size"] = 24 },
    };

    public static async Task RunAsync(string name, string folder, string policy)
    {
        using TextModel model = TextModel.Load(Models.PathOf(name), new ModelLoadOptions { Threads = 1 });
        using IChatClient client = new RetNetChatClient(model).AsBuilder().UseConversations(new FileConversationStore(folder)).Build();
        while (await Console.In.ReadLineAsync() is { } line)
        {
            string[] words = line.Split(' ', 2);
            List<ChatResponseUpdate> updates = [];
            await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(
                words[1], Options(policy, words[0] == "-" ? null : words[0])))
            {
                updates.Add(update);

                // A slow process may get all text as one part; the last one, which has none, comes when the answer has been kept.
                if (updates.Count > 1)
                    continue;
                Console.WriteLine(Midway);
                await Console.In.ReadLineAsync();
            }

            ChatResponse response = updates.ToChatResponse();
            Console.WriteLine(JsonSerializer.Serialize(new Said(response.ConversationId!, response.Text,
                response.Usage!.InputTokenCount!.Value, response.Usage.CachedInputTokenCount!.Value)));
        }
    }

    /// <summary>An answer.</summary>
    public sealed record Said(string Id, string Text, long Read, long Cached);
}
