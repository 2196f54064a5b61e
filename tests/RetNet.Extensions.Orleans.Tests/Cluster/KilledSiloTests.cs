using System.Globalization;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AI;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.Core;
using RetNet.Extensions.Orleans.Conversations;
using Xunit.Abstractions;

namespace RetNet.Extensions.Orleans.Tests.Cluster;

/// <summary>Two silos in two processes, one of which is killed again and again.</summary>
public sealed class KilledSiloTests(ITestOutputHelper output)
{
    private const int Stories = 100;

    private static readonly int Kills = int.Parse(
        Environment.GetEnvironmentVariable("RETNET_KILLS") ?? "20", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Every_conversation_is_that_of_one_uninterrupted_process()
    {
        System.Diagnostics.Stopwatch watch = System.Diagnostics.Stopwatch.StartNew();
        IReadOnlyList<string>[] expected = await UninterruptedAsync();
        output.WriteLine($"expected {watch.Elapsed}");
        await using TestRedis redis = await TestRedis.StartAsync();
        string cluster = Guid.NewGuid().ToString("N");
        List<SiloProcess> silos = [SiloProcess.Start(cluster, redis.Address), SiloProcess.Start(cluster, redis.Address)];
        await Task.WhenAll(silos.Select(silo => silo.WaitUntilReadyAsync()));
        output.WriteLine($"silos {watch.Elapsed}");
        await using ClusterClient client = await ClusterClient.ConnectAsync(cluster, redis.Address);
        int updates = 0;
        Task<IReadOnlyList<string>[]> told = TellAllAsync();

        Random random = new(1);
        int kills = 0;
        while (kills < Kills && !told.IsCompleted)
        {
            int next = updates + random.Next(1, 100);
            while (updates < next && !told.IsCompleted)
                await Task.Delay(5);
            int victim = random.Next(silos.Count);
            SiloProcess replacement = SiloProcess.Start(cluster, redis.Address);
            await silos[victim].KillAsync();
            kills++;
            await replacement.WaitUntilReadyAsync();
            silos[victim] = replacement;
            output.WriteLine($"kill {kills} at {updates} {watch.Elapsed}");
        }

        IReadOnlyList<string>[] actual = await told;
        output.WriteLine($"told {watch.Elapsed}");
        StoredConversation[] kept = await Task.WhenAll(Enumerable.Range(0, Stories).Select(
            number => client.Cluster.GetGrain<IConversationGrain>(new Story(number).Id).ReadAsync()));
        foreach (SiloProcess silo in silos)
        {
            output.WriteLine(silo.HasExited ? "EXITED " + silo.Errors : "alive");
            await silo.DisposeAsync();
        }

        Assert.Equal(Kills, kills);
        for (int number = 0; number < Stories; number++)
        {
            Story story = new(number);
            Assert.Equal(expected[number], actual[number]);
            Assert.Equal(story.Questions.Count, kept[number].Turn);
            Assert.Equal(
                story.Questions.Zip(expected[number]).SelectMany(turn => (string[])[turn.First, turn.Second]),
                kept[number].Messages.Select(message => message.Text));
        }

        async Task<IReadOnlyList<string>[]> TellAllAsync()
        {
            IReadOnlyList<string>[] answers = new IReadOnlyList<string>[Stories];
            await Parallel.ForAsync(0, Stories, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (number, _) =>
                answers[number] = await new Story(number).TellAsync(client.Chat, () => Interlocked.Increment(ref updates)));
            return answers;
        }
    }

    /// <summary>The answers of the models themselves.</summary>
    private static async Task<IReadOnlyList<string>[]> UninterruptedAsync()
    {
        using TextModel retnet = Models.Load("retnet-tinystories");
        using TextModel llama = Models.Load("llama-tinystories");
        using IChatClient retnetClient = new RetNetChatClient(retnet);
        using IChatClient llamaClient = new RetNetChatClient(llama);
        ModelRouter models = new(model => model.StartsWith("retnet", StringComparison.Ordinal) ? retnetClient : llamaClient);
        IReadOnlyList<string>[] answers = new IReadOnlyList<string>[Stories];
        for (int number = 0; number < Stories; number++)
        {
            Story story = new(number);
            StoredConversation conversation = StoredConversation.Empty;
            List<string> told = [];
            foreach (string question in story.Questions)
            {
                ConversationTurn turn = new(models, conversation, [new(ChatRole.User, question)], story.Options);
                told.Add(string.Concat(await turn.Select(update => update.Text).ToListAsync()));
                conversation = turn.After;
            }

            answers[number] = told;
        }

        return answers;
    }
}
