using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.Conversations.Tests.Stores;
using RetNet.Extensions.Core;

namespace RetNet.Extensions.Conversations.Tests.Killed;

/// <summary>The program of the tests' assembly: continues a conversation in a store to its last turn.</summary>
internal static class StoryProgram
{
    /// <summary>The line that it writes for each piece of an answer.</summary>
    public const string Piece = "piece";

    /// <summary>The line that it writes when an answer has ended, before it is stored.</summary>
    public const string Ended = "ended";

    /// <param name="args">The place of the store, the id of the conversation, and the name of the model.</param>
    public static async Task Main(string[] args)
    {
        IConversationStore store = StoreOfPlace.Open(args[0]);
        using TextModel model = Story.LoadModel(args[2]);
        while (true)
        {
            StoredConversation before = await store.ReadAsync(args[1]) ?? StoredConversation.Empty;
            if (before.Turn == Story.Questions.Length)
                return;
            (StoredConversation after, string line) = await Story.TurnAsync(model, before, _ => Console.WriteLine(Piece));
            Console.WriteLine(Ended);
            await store.WriteAsync(args[1], after, before.Turn);
            Console.WriteLine(line);
        }
    }
}
