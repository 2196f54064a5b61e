using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.Redis;
using RetNet.Extensions.Servers;
using StackExchange.Redis;

namespace RetNet.Extensions.Conversations.Tests.Stores;

public sealed class RedisFixture() : StoreFixture(RedisServer.Executable)
{
    private RedisServer? _server;

    public ConnectionMultiplexer Connection { get; private set; } = null!;

    public override string Place => $"redis|{_server!.Address}";

    public override IConversationStore Open(TimeSpan? expiry) =>
        new RedisConversationStore(Connection, new RedisConversationStoreOptions { Expiry = expiry });

    public override async Task CrashAsync()
    {
        await _server!.KillAsync();
        await _server.RestartAsync();
    }

    public override async Task ReplaceAsync(string id, byte[] bytes) =>
        Assert.False(await Connection.GetDatabase().HashSetAsync($"retnet:conversation:{id}", "conversation", bytes));

    public override async Task DisposeAsync()
    {
        if (_server is null)
            return;
        await Connection.DisposeAsync();
        await _server.DisposeAsync();
    }

    protected override async Task StartAsync()
    {
        _server = await RedisServer.StartAsync();
        Connection = await ConnectionMultiplexer.ConnectAsync(_server.Address);
    }
}
