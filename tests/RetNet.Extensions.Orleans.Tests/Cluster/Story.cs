using Microsoft.Extensions.AI;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.Core;

namespace RetNet.Extensions.Orleans.Tests.Cluster;

/// <summary>A conversation that tests have: what is asked, and with which options.</summary>
/// <param name="Number">Chooses model, prompts and seed.</param>
internal sealed record Story(int Number)
{
    private static readonly string[] Heroes = ["cat", "dog", "bird", "girl", "boy", "fish", "frog", "tree"];

    public string Id => $"story-{Number}";

    public IReadOnlyList<string> Questions =>
    [
        $"Tell me a story about a {Heroes[Number % Heroes.Length]}.",
        "What happened then?",
        $"And the {Heroes[(Number + 3) % Heroes.Length]}?",
    ];

    /// <summary>Every third conversation is with the Transformer, whose rows TOVA drops; every second is sampled.</summary>
    public ChatOptions Options => new()
    {
        ModelId = Number % 3 == 2 ? "llama-tinystories" : "retnet-tinystories",
        Temperature = Number % 2 == 0 ? 0 : 0.8f,
        Seed = Number,
        MaxOutputTokens = 24,
        AdditionalProperties = Number % 3 == 2 ? new() { ["policy"] = "tova", ["state_size"] = 32 } : null,
    };

    private async Task<IReadOnlyList<string>> TellAsync(IChatClient client, Action told, Func<Task> before)
    {
        List<string> answers = [];
        foreach (string question in Questions)
        {
            await before();
            ChatOptions options = Options;
            options.ConversationId = Id;
            List<ChatResponseUpdate> updates = [];
            await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(question, options))
            {
                updates.Add(update);
                told();
            }

            answers.Add(string.Concat(updates.Select(update => update.Text)));
        }

        return answers;
    }

    /// <summary>The texts of the conversation's messages.</summary>
    public IEnumerable<string> Messages(IReadOnlyList<string> answers) =>
        Questions.Zip(answers).SelectMany(turn => (string[])[turn.First, turn.Second]);

    /// <summary>Has the first conversations, eight at a time.</summary>
    public static async Task<IReadOnlyList<string>[]> TellAsync(int stories, IChatClient client, Action told, Func<Task>? before = null)
    {
        IReadOnlyList<string>[] answers = new IReadOnlyList<string>[stories];
        await Parallel.ForAsync(0, stories, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (number, _) =>
            answers[number] = await new Story(number).TellAsync(client, told, before ?? (() => Task.CompletedTask)));
        return answers;
    }

    /// <summary>The answers of the models themselves, in one process.</summary>
    public static async Task<IReadOnlyList<string>[]> UninterruptedAsync(int stories)
    {
        using TextModel retnet = Models.Load("retnet-tinystories");
        using TextModel llama = Models.Load("llama-tinystories");
        using IChatClient retnetClient = Models.Client(retnet);
        using IChatClient llamaClient = Models.Client(llama);
        ModelRouter models = new(model => model.StartsWith("retnet", StringComparison.Ordinal) ? retnetClient : llamaClient);
        IReadOnlyList<string>[] answers = new IReadOnlyList<string>[stories];
        await Parallel.ForAsync(0, stories, async (number, _) => answers[number] = await new Story(number).UninterruptedAsync(models));
        return answers;
    }

    private async Task<IReadOnlyList<string>> UninterruptedAsync(IChatClient models)
    {
        StoredConversation conversation = StoredConversation.Empty;
        List<string> answers = [];
        foreach (string question in Questions)
        {
            ConversationTurn turn = new(models, conversation, [new(ChatRole.User, question)], Options);
            answers.Add(string.Concat(await turn.Select(update => update.Text).ToListAsync()));
            conversation = turn.After;
        }

        return answers;
    }
}
