using System.Globalization;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.Orleans.Conversations;
using RetNet.Extensions.Servers;

namespace RetNet.Extensions.Orleans.Tests.Cluster;

/// <summary>Two silos in two processes, one of which is killed 20 times (RETNET_KILLS), at moments that RETNET_KILL_SEED
/// chooses.</summary>
[Collection("clusters")]
public sealed class KilledSiloTests
{
    private const int Stories = 100;

    private static readonly int Kills = Setting("RETNET_KILLS", 20);
    private static readonly int Seed = Setting("RETNET_KILL_SEED", 1);

    [ServerFact(RedisServer.Executable)]
    public async Task Every_conversation_is_that_of_one_uninterrupted_process()
    {
        await using RedisServer redis = await RedisServer.StartAsync("--appendonly", "no");
        Task<SiloPair> starting = SiloPair.StartAsync(redis.Address);
        IReadOnlyList<string>[] expected = await Task.Run(() => Story.UninterruptedAsync(Stories));
        await using SiloPair silos = await starting;
        await using ClusterClient client = await ClusterClient.ConnectAsync(silos.Cluster, redis.Address);

        // The moments are counted in updates; where a silo is late to come back, no turn begins meanwhile.
        Random random = new(Seed);
        int updates = 0;
        int expectedUpdates = expected.Sum(answers => answers.Sum(answer => answer.Split(' ').Length));
        Queue<int> moments = new(Enumerable.Range(0, Kills).Select(_ => random.Next(expectedUpdates)).Order());
        Task<IReadOnlyList<string>[]> telling = Story.TellAsync(
            Stories, client.Chat, told: () => Interlocked.Increment(ref updates),
            before: () => Waiting.UntilAsync(() => moments.Count == 0 || updates < moments.Peek()));
        while (moments.Count > 0)
        {
            await Waiting.UntilAsync(() => updates >= moments.Peek() || telling.IsCompleted);
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
            Assert.Equal(story.Messages(expected[number]), kept[number].Messages.Select(message => message.Text));
        }
    }

    private static int Setting(string name, int usual) =>
        Environment.GetEnvironmentVariable(name) is { } value ? int.Parse(value, CultureInfo.InvariantCulture) : usual;
}
