using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.Redis;
using RetNet.Extensions.Servers;
using StackExchange.Redis;

namespace RetNet.Extensions.Conversations.Tests.Stores;

public sealed class RedisFixture() : LastingFixture(RedisServer.Executable)
{
    private readonly List<ConnectionMultiplexer> _connections = [];
    private RedisServer? _server;

    public ConnectionMultiplexer Connection => _connections[0];

    public override string Place => $"redis|{_server!.Address}";

    public override IConversationStore Open(TimeSpan? expiry)
    {
        // A connection of its own: the requests of one run one after the other in any case.
        _connections.Add(ConnectionMultiplexer.Connect(_server!.Address));
        return new RedisConversationStore(_connections[^1], new RedisConversationStoreOptions { Expiry = expiry });
    }

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
        foreach (ConnectionMultiplexer connection in _connections)
            await connection.DisposeAsync();
        await _server.DisposeAsync();
    }

    protected override async Task StartAsync() => _server = await RedisServer.StartAsync();
}
