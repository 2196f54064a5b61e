using Microsoft.Extensions.AI;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.Orleans.Conversations;
using RetNet.Extensions.Servers;
using StackExchange.Redis;

namespace RetNet.Extensions.Orleans.Tests.Cluster;

/// <summary>A conversation that is active in two places, as two clusters make it that know nothing of each other and share a
/// storage.</summary>
[Collection("clusters")]
public sealed class SplitBrainTests
{
    [ServerFact(RedisServer.Executable)]
    public async Task Only_one_of_two_turns_is_kept_and_the_other_caller_is_told()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        using ScriptedClient model = ScriptedClient.Counting();
        await using SiloHost one = await StartAsync(redis, model);
        await using SiloHost other = await StartAsync(redis, model);
        ChatOptions options = new() { ConversationId = "c" };
        await one.Client.GetResponseAsync("First.", options);
        ChatResponse second = await other.Client.GetResponseAsync("Second.", options);

        ConversationConflictException error = await Assert.ThrowsAsync<ConversationConflictException>(
            () => one.Client.GetResponseAsync("Also second.", options));
        ChatResponse third = await one.Client.GetResponseAsync("Third.", options);

        Assert.Equal("You sent 3 messages.", second.Text);
        Assert.Contains("'c' is at turn 2; expected turn 1", error.Message, StringComparison.Ordinal);
        Assert.Equal("You sent 5 messages.", third.Text);
        StoredConversation kept = await one.Cluster.GetGrain<IConversationGrain>("c").ReadAsync();
        Assert.Equal(3, kept.Turn);
        Assert.Equal(
            ["First.", "Second.", "Third."], kept.Messages.Where(message => message.Role == ChatRole.User).Select(message => message.Text));
    }

    private static Task<SiloHost> StartAsync(RedisServer redis, IChatClient model) => SiloHost.StartAsync(model, (_, silo) =>
        silo.AddRedisGrainStorage("RetNet", storage => storage.ConfigurationOptions = ConfigurationOptions.Parse(redis.Address)));
}
