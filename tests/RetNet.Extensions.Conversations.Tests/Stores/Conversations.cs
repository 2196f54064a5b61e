using Microsoft.Extensions.AI;
using RetNet.Extensions.AI.Conversations;

namespace RetNet.Extensions.Conversations.Tests.Stores;

/// <summary>Conversations to keep.</summary>
internal static class Conversations
{
    public static StoredConversation After(long turn, params string[] texts) =>
        new(turn, [.. texts.Select(text => new ChatMessage(ChatRole.User, text))], new byte[] { 1, 2, (byte)turn });

    public static string[] Texts(this StoredConversation? conversation) =>
        [.. Assert.IsType<StoredConversation>(conversation).Messages.Select(message => message.Text)];

    /// <summary>Repeats a request until it succeeds, as a client does while a server starts again.</summary>
    public static async Task<T> UntilItSucceedsAsync<T>(Func<Task<T>> request)
    {
        for (DateTime limit = DateTime.UtcNow.AddMinutes(2); ;)
        {
            try
            {
                return await request();
            }
            catch (Exception exception) when (exception is not ConversationConflictException && DateTime.UtcNow < limit)
            {
                await Task.Delay(20);
            }
        }
    }
}
