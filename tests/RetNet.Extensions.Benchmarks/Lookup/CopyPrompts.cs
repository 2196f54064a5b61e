using RetNet.Extensions.Benchmarks.Calling;
using RetNet.Extensions.Core;

namespace RetNet.Extensions.Benchmarks.Lookup;

/// <summary>Prompts whose answers repeat parts of them, for a model that was trained on conversations with calls.</summary>
internal static class CopyPrompts
{
    // Not the seed of the training data.
    private const int Seed = 1_000_003;

    /// <summary>The kinds: the facts of a text as JSON; a call whose arguments are in the request; an answer that says what a function
    /// returned.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["extract", "call", "quote"];

    /// <summary>Prompts of a kind.</summary>
    public static IEnumerable<int[]> Of(string kind, TextModel model)
    {
        Values values = new(new Random(Seed));
        IEnumerable<Conversation> conversations = kind == "extract"
            ? Endless(() => Facts.Draw(values))
            : new ConversationWriter(Seed).Write(int.MaxValue, FunctionKind.Read("functions.txt"));
        foreach (Conversation conversation in conversations)
        {
            for (int i = 1; i < conversation.Messages.Count; i++)
            {
                if (conversation.Messages[i].Role == "assistant" && KindOf(conversation, i) == kind)
                {
                    yield return model.Chat.Encode(
                        [.. conversation.Messages.Take(i)], tools: conversation.Tools.Count > 0 ? conversation.Tools : null);
                    break;
                }
            }
        }
    }

    private static string KindOf(Conversation conversation, int answer) =>
        conversation.Messages[answer].ToolCalls is { Count: > 0 } ? "call"
        : conversation.Messages[answer - 1].Role == "tool" ? "quote"
        : conversation.Tools.Count == 0 ? "extract"
        : "talk";

    private static IEnumerable<T> Endless<T>(Func<T> next)
    {
        while (true)
            yield return next();
    }
}
