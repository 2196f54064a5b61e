using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.Orleans.Conversations;
using RetNet.Extensions.Servers;

namespace RetNet.Extensions.Orleans.Tests.Cluster;

/// <summary>Two silos that no longer reach each other, while both reach the storage and the client.</summary>
[Collection("clusters")]
public sealed class CutNetworkTests
{
    private const int Stories = 30;

    [NetworkFact]
    public async Task No_conversation_goes_on_in_two_places()
    {
        await using SiloNetwork network = SiloNetwork.Create();
        await using RedisServer redis = await RedisServer.StartAsync("--bind", "0.0.0.0", "--protected-mode", "no", "--appendonly", "no");
        string address = $"{network.Address}:{redis.Address.Split(':')[1]}";
        string cluster = Guid.NewGuid().ToString("N");
        SiloProcess[] silos = [.. Enumerable.Range(0, 2).Select(index =>
            SiloProcess.Start(cluster, address, network.AddressOf(index), network.Within(index)))];
        await using SiloProcess first = silos[0];
        await using SiloProcess second = silos[1];
        IReadOnlyList<string>[] expected = await Task.Run(() => Story.UninterruptedAsync(Stories));
        await Task.WhenAll(silos.Select(silo => silo.WaitUntilReadyAsync()));
        await using ClusterClient client = await ClusterClient.ConnectAsync(cluster, address);
        int updates = 0;
        Task<IReadOnlyList<string>[]> telling = Story.TellAsync(Stories, client.Chat, () => Interlocked.Increment(ref updates));

        await Waiting.UntilAsync(() => updates > 200);
        network.Cut(isCut: true);
        await Waiting.UntilAsync(() => silos.Any(silo => silo.HasExited));
        IReadOnlyList<string>[] told = await telling;

        // One silo took the other for dead, which then ended itself.
        Assert.Single(silos, silo => silo.HasExited);
        Assert.Equal(expected, told);
        for (int number = 0; number < Stories; number++)
        {
            Story story = new(number);
            StoredConversation kept = await client.Cluster.GetGrain<IConversationGrain>(story.Id).ReadAsync();
            Assert.Equal(story.Questions.Count, kept.Turn);
            Assert.Equal(story.Messages(expected[number]), kept.Messages.Select(message => message.Text));
        }
    }
}
