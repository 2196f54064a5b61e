using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.Redis;
using RetNet.Extensions.Servers;
using StackExchange.Redis;
using static RetNet.Extensions.Conversations.Tests.Stores.Conversations;

namespace RetNet.Extensions.Conversations.Tests.Stores;

[NeedsServer(RedisServer.Executable)]
public sealed class RedisConversationStoreTests(RedisFixture fixture) : LastingStoreTests(fixture), IClassFixture<RedisFixture>
{
    private const string Secret = "open-sesame";

    [StoreFact]
    public async Task The_last_turn_says_when_a_conversation_expires()
    {
        string id = ConversationId.New();
        string key = $"retnet:conversation:{id}";
        IDatabase database = fixture.Connection.GetDatabase();
        await fixture.Open(TimeSpan.FromDays(1)).WriteAsync(id, After(1, "first"), 0);
        Assert.InRange((await database.KeyTimeToLiveAsync(key))!.Value.TotalDays, 0.5, 1);
        await fixture.Open(TimeSpan.FromDays(10)).WriteAsync(id, After(2, "second"), 1);
        Assert.InRange((await database.KeyTimeToLiveAsync(key))!.Value.TotalDays, 9, 10);
        await fixture.Open(expiry: null).WriteAsync(id, After(3, "third"), 2);
        Assert.Null(await database.KeyTimeToLiveAsync(key));
    }

    [StoreFact]
    public async Task A_server_that_forgot_its_scripts_is_told_again()
    {
        string id = ConversationId.New();
        await fixture.Store.WriteAsync(id, After(1, "first"), 0);
        await fixture.Connection.GetDatabase().ExecuteAsync("SCRIPT", "FLUSH");
        await fixture.Store.WriteAsync(id, After(2, "second"), 1);
        Assert.Equal(["second"], (await fixture.Store.ReadAsync(id)).Texts());
    }

    [StoreFact]
    public async Task A_key_of_something_else_is_reported()
    {
        await fixture.Connection.GetDatabase().StringSetAsync("retnet:conversation:text", "no conversation");
        InvalidDataException error = await Assert.ThrowsAsync<InvalidDataException>(() => fixture.Store.ReadAsync("text").AsTask());
        Assert.StartsWith("Key 'retnet:conversation:text' in Redis holds no conversation: ", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidDataException>(() => fixture.Store.WriteAsync("text", After(1, "first"), 0).AsTask());
    }

    [StoreFact]
    public async Task A_cluster_keeps_conversations_in_their_slots()
    {
        await using RedisServer server = await RedisServer.StartAsync("--cluster-enabled", "yes");
        await using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync($"{server.Address},allowAdmin=true");
        await connection.GetServers()[0].ExecuteAsync("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
        RedisConversationStore store = new(connection);
        foreach (string id in (string[])["a", "{a}b", "b", "{}c", "d"])
        {
            await UntilItSucceedsAsync(async () =>
            {
                await store.WriteAsync(id, After(1, id), 0);
                return true;
            });
            await store.WriteAsync(id, After(2, id), 1);
            Assert.Equal([id], (await store.ReadAsync(id)).Texts());
        }
    }

    [StoreFact]
    public async Task Services_have_a_store_with_a_connection_of_its_own()
    {
        await using RedisServer server = await RedisServer.StartAsync("--requirepass", Secret);
        ServiceCollection services = new();
        services.AddRetNetRedisConversations($"{server.Address},password={Secret}", options => options.KeyPrefix = "chat/");
        await using ServiceProvider provider = services.BuildServiceProvider();
        IConversationStore store = provider.GetRequiredService<IConversationStore>();
        await store.WriteAsync("a", After(1, "first"), 0);
        Assert.Equal(["first"], (await store.ReadAsync("a")).Texts());
        Assert.True(await provider.GetRequiredKeyedService<IConnectionMultiplexer>(typeof(RedisConversationStore))
            .GetDatabase().KeyExistsAsync("chat/a"));
    }

    [StoreFact]
    public async Task The_commands_that_the_documentation_names_are_enough()
    {
        await fixture.Connection.GetDatabase().ExecuteAsync(
            "ACL",
            [
                "SETUSER", "bot", "on", $">{Secret}", "~retnet:*", "-@all", "+@connection", "+hget", "+hset", "+persist", "+pexpire",
                "+del", "+unlink", "+eval", "+evalsha", "+script|load",
            ]);
        foreach (string protocol in (string[])["resp2", "resp3"])
        {
            await using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(
                $"{fixture.Place.Split('|')[1]},user=bot,password={Secret},protocol={protocol}");
            RedisConversationStore store = new(connection);
            string id = ConversationId.New();
            await store.WriteAsync(id, After(1, "first"), 0);
            Assert.Equal(["first"], (await store.ReadAsync(id)).Texts());
            Assert.True(await store.DeleteAsync(id));
        }
    }

    [StoreFact]
    public async Task Services_have_a_store_on_their_connection()
    {
        ServiceCollection services = new();
        services.AddSingleton<IConnectionMultiplexer>(fixture.Connection).AddRetNetRedisConversations();
        ServiceProvider provider = services.BuildServiceProvider();
        string id = ConversationId.New();
        await provider.GetRequiredService<IConversationStore>().WriteAsync(id, After(1, "first"), 0);
        Assert.Equal(["first"], (await fixture.Store.ReadAsync(id)).Texts());
    }

    [StoreFact]
    public async Task A_wrong_password_is_an_error_without_it()
    {
        await using RedisServer server = await RedisServer.StartAsync("--requirepass", "another");
        await IsAnErrorWithoutSecretAsync(server.Address);
    }

    [Fact]
    public Task A_server_that_is_away_is_an_error() => IsAnErrorWithoutSecretAsync($"127.0.0.1:{FreePort.Find()}");

    [Fact]
    public void Options_out_of_their_range_are_refused()
    {
        ServiceCollection services = new();
        services.AddRetNetRedisConversations("localhost", options => options.Expiry = TimeSpan.Zero);
        using ServiceProvider provider = services.BuildServiceProvider();
        OptionsValidationException error =
            Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IConversationStore>());
        Assert.Contains("Expiry is 00:00:00", error.Message, StringComparison.Ordinal);
    }

    private static async Task IsAnErrorWithoutSecretAsync(string address)
    {
        ServiceCollection services = new();
        services.AddRetNetRedisConversations($"{address},password={Secret},connectTimeout=500,syncTimeout=500");
        await using ServiceProvider provider = services.BuildServiceProvider();
        IConversationStore store = provider.GetRequiredService<IConversationStore>();
        Exception error = await Assert.ThrowsAnyAsync<RedisException>(() => store.ReadAsync("a").AsTask());
        Assert.DoesNotContain(Secret, error.ToString(), StringComparison.Ordinal);
    }
}
