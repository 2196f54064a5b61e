using Npgsql;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.PostgreSql;
using RetNet.Extensions.Servers;

namespace RetNet.Extensions.Conversations.Tests.Stores;

public sealed class PostgreSqlFixture() : LastingFixture(PostgreSqlServer.Executable)
{
    public PostgreSqlServer Server { get; private set; } = null!;

    public NpgsqlDataSource Source { get; private set; } = null!;

    public override string Place => $"postgresql|{Server.ConnectionString}";

    public override IConversationStore Open(TimeSpan? expiry) =>
        new PostgreSqlConversationStore(Source, new PostgreSqlConversationStoreOptions { Expiry = expiry });

    public override async Task CrashAsync()
    {
        await Server.KillAsync();
        await Server.RestartAsync();
    }

    public override async Task ReplaceAsync(string id, byte[] bytes)
    {
        await using NpgsqlCommand command = Source.CreateCommand("UPDATE retnet_conversations SET conversation = $1 WHERE id = $2");
        command.Parameters.AddWithValue(bytes);
        command.Parameters.AddWithValue(id);
        Assert.Equal(1, await command.ExecuteNonQueryAsync());
    }

    public override async Task DisposeAsync()
    {
        if (Server is null)
            return;
        await Source.DisposeAsync();
        await Server.DisposeAsync();
    }

    protected override async Task StartAsync()
    {
        Server = await PostgreSqlServer.StartAsync();
        Source = NpgsqlDataSource.Create(Server.ConnectionString);
    }
}
