using System.Globalization;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.Core;
using RetNet.Extensions.Orleans.Conversations;

namespace RetNet.Extensions.Orleans.Tests.Cluster;

/// <summary>Two silos in two processes, one of which is killed again and again.</summary>
public sealed class KilledSiloTests
{
    private const int Stories = 100;
    private const int Kills = 20;

    private static readonly int Seed = int.Parse(
        Environment.GetEnvironmentVariable("RETNET_KILL_SEED") ?? "1", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Every_conversation_is_that_of_one_uninterrupted_process()
    {
        await using TestRedis redis = await TestRedis.StartAsync();
        Task<SiloPair> starting = SiloPair.StartAsync(redis.Address);
        IReadOnlyList<string>[] expected = await Task.Run(UninterruptedAsync);
        await using SiloPair silos = await starting;
        await using ClusterClient client = await ClusterClient.ConnectAsync(silos.Cluster, redis.Address);

        // The moments are counted in updates; where a silo is late to come back, no turn begins meanwhile.
        Random random = new(Seed);
        int updates = 0;
        int expectedUpdates = expected.Sum(answers => answers.Sum(answer => answer.Split(' ').Length));
        Queue<int> moments = new(Enumerable.Range(0, Kills).Select(_ => random.Next(expectedUpdates)).Order());
        Task<IReadOnlyList<string>[]> telling = TellAllAsync();
        while (moments.Count > 0)
        {
            await UntilAsync(() => updates >= moments.Peek() || telling.IsCompleted);
            await silos.KillAsync(random.Next(2));
            moments.Dequeue();
        }

        IReadOnlyList<string>[] told = await telling;
        StoredConversation[] kept = await Task.WhenAll(Enumerable.Range(0, Stories).Select(
            number => client.Cluster.GetGrain<IConversationGrain>(new Story(number).Id).ReadAsync()));
        for (int number = 0; number < Stories; number++)
        {
            Story story = new(number);
            Assert.Equal(expected[number], told[number]);
            Assert.Equal(story.Questions.Count, kept[number].Turn);
            Assert.Equal(
                story.Questions.Zip(expected[number]).SelectMany(turn => (string[])[turn.First, turn.Second]),
                kept[number].Messages.Select(message => message.Text));
        }

        async Task<IReadOnlyList<string>[]> TellAllAsync()
        {
            IReadOnlyList<string>[] answers = new IReadOnlyList<string>[Stories];
            await Parallel.ForAsync(0, Stories, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (number, _) =>
                answers[number] = await new Story(number).TellAsync(
                    client.Chat,
                    told: () => Interlocked.Increment(ref updates),
                    before: () => UntilAsync(() => moments.Count == 0 || updates < moments.Peek())));
            return answers;
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
            await Task.Delay(5);
    }

    /// <summary>The answers of the models themselves.</summary>
    private static async Task<IReadOnlyList<string>[]> UninterruptedAsync()
    {
        using TextModel retnet = Models.Load("retnet-tinystories");
        using TextModel llama = Models.Load("llama-tinystories");
        using IChatClient retnetClient = Models.Client(retnet);
        using IChatClient llamaClient = Models.Client(llama);
        ModelRouter models = new(model => model.StartsWith("retnet", StringComparison.Ordinal) ? retnetClient : llamaClient);
        IReadOnlyList<string>[] answers = new IReadOnlyList<string>[Stories];
        await Parallel.ForAsync(0, Stories, async (number, _) => answers[number] = await UninterruptedAsync(models, new Story(number)));
        return answers;
    }

    private static async Task<IReadOnlyList<string>> UninterruptedAsync(IChatClient models, Story story)
    {
        StoredConversation conversation = StoredConversation.Empty;
        List<string> answers = [];
        foreach (string question in story.Questions)
        {
            ConversationTurn turn = new(models, conversation, [new(ChatRole.User, question)], story.Options);
            answers.Add(string.Concat(await turn.Select(update => update.Text).ToListAsync()));
            conversation = turn.After;
        }

        return answers;
    }
}
