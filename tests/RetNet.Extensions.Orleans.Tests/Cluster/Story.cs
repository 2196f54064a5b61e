using Microsoft.Extensions.AI;

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

    /// <summary>Has the conversation, and returns its answers.</summary>
    /// <param name="client">A client that remembers conversations.</param>
    /// <param name="told">Called with each update.</param>
    /// <param name="before">Called before each turn.</param>
    public async Task<IReadOnlyList<string>> TellAsync(IChatClient client, Action told, Func<Task> before)
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
}
