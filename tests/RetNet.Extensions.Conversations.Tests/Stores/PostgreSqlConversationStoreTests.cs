using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.PostgreSql;
using RetNet.Extensions.Servers;
using static RetNet.Extensions.Conversations.Tests.Stores.Conversations;

namespace RetNet.Extensions.Conversations.Tests.Stores;

[NeedsServer(PostgreSqlServer.Executable)]
public sealed class PostgreSqlConversationStoreTests(PostgreSqlFixture fixture)
    : LastingStoreTests(fixture), IClassFixture<PostgreSqlFixture>
{
    [StoreFact]
    public async Task Names_may_have_any_characters()
    {
        PostgreSqlConversationStoreOptions options = new() { Schema = "Chat \"x\".$1;'--", Table = "Gespräche \"1\"; DROP TABLE x; --'" };
        PostgreSqlConversationStore store = new(fixture.Source, options);
        await store.WriteAsync("a", After(1, "first"), 0);
        Assert.Equal(["first"], (await store.ReadAsync("a")).Texts());
        await using NpgsqlCommand command =
            fixture.Source.CreateCommand("SELECT schemaname || '|' || tablename FROM pg_tables WHERE tablename = $1");
        command.Parameters.AddWithValue(options.Table);
        Assert.Equal($"{options.Schema}|{options.Table}", await command.ExecuteScalarAsync());
    }

    [StoreFact]
    public async Task Many_can_create_a_table_at_once()
    {
        PostgreSqlConversationStore[] stores = [.. Enumerable.Range(0, 20).Select(_ =>
            new PostgreSqlConversationStore(fixture.Source, new PostgreSqlConversationStoreOptions { Schema = "new", Table = "shared" }))];
        await Task.WhenAll(stores.Select((store, index) => store.WriteAsync($"{index}", After(1, "first"), 0).AsTask()));
        Assert.Equal(["first"], (await stores[0].ReadAsync("19")).Texts());
        await stores[0].CreateTableAsync();
    }

    [StoreFact]
    public async Task Many_can_create_their_tables_in_a_new_schema_at_once()
    {
        for (int schema = 0; schema < 5; schema++)
        {
            PostgreSqlConversationStore[] stores = [.. Enumerable.Range(0, 20).Select(table => new PostgreSqlConversationStore(
                fixture.Source, new PostgreSqlConversationStoreOptions { Schema = $"new_{schema}", Table = $"own_{table}" }))];
            await Task.WhenAll(stores.Select(store => store.CreateTableAsync().AsTask()));
        }
    }

    [StoreFact]
    public async Task A_table_is_created_only_where_that_is_wanted()
    {
        PostgreSqlConversationStore store = new(
            fixture.Source, new PostgreSqlConversationStoreOptions { Table = "missing", CreateTable = false });
        PostgresException error = await Assert.ThrowsAsync<PostgresException>(() => store.ReadAsync("a").AsTask());
        Assert.Contains("\"missing\" does not exist", error.Message, StringComparison.Ordinal);
        await store.CreateTableAsync();
        Assert.Null(await store.ReadAsync("a"));
    }

    [StoreFact]
    public async Task A_user_without_the_right_to_create_uses_a_table_that_is_there()
    {
        PostgreSqlConversationStoreOptions options = new() { Table = "granted" };
        await new PostgreSqlConversationStore(fixture.Source, options).CreateTableAsync();
        await using NpgsqlCommand grant = fixture.Source.CreateCommand(
            "CREATE ROLE plain LOGIN PASSWORD 'plain'; GRANT SELECT, INSERT, UPDATE, DELETE ON granted TO plain");
        await grant.ExecuteNonQueryAsync();
        NpgsqlConnectionStringBuilder plain = new(fixture.Server.ConnectionString) { Username = "plain", Password = "plain" };
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(plain);
        PostgreSqlConversationStore store = new(source, options);
        await store.WriteAsync("a", After(1, "first"), 0);
        await store.WriteAsync("a", After(2, "second"), 1);
        Assert.Equal(["second"], (await store.ReadAsync("a")).Texts());
    }

    [StoreFact]
    public async Task The_place_of_expired_conversations_is_freed()
    {
        PostgreSqlConversationStoreOptions options = new() { Table = "expiring", Expiry = TimeSpan.FromMilliseconds(1) };
        PostgreSqlConversationStore brief = new(fixture.Source, options);
        PostgreSqlConversationStore lasting = new(
            fixture.Source, new PostgreSqlConversationStoreOptions { Table = "expiring", Expiry = null });
        for (int index = 0; index < 5; index++)
            await brief.WriteAsync($"brief-{index}", After(1, "first"), 0);
        await brief.WriteAsync("lasting", After(1, "first"), 0);
        for (DateTime limit = DateTime.UtcNow.AddMinutes(1); await brief.ReadAsync("lasting") is not null; await Task.Delay(1))
            Assert.True(DateTime.UtcNow < limit);
        await lasting.WriteAsync("lasting", After(1, "again"), 0);
        Assert.Equal(5, await lasting.DeleteExpiredAsync());
        Assert.Equal(0, await lasting.DeleteExpiredAsync());
        Assert.Equal(["again"], (await brief.ReadAsync("lasting")).Texts());
    }

    [StoreFact]
    public async Task Services_have_a_store()
    {
        ServiceCollection own = new();
        own.AddRetNetPostgreSqlConversations(fixture.Server.ConnectionString, options => options.Table = "of_services");
        await using ServiceProvider provider = own.BuildServiceProvider();
        await provider.GetRequiredService<IConversationStore>().WriteAsync("a", After(1, "first"), 0);
        Assert.Same(provider.GetRequiredService<IConversationStore>(), provider.GetRequiredService<PostgreSqlConversationStore>());

        ServiceCollection shared = new();
        shared.AddSingleton(fixture.Source).AddRetNetPostgreSqlConversations(configure: options => options.Table = "of_services");
        ServiceProvider other = shared.BuildServiceProvider();
        Assert.Equal(["first"], (await other.GetRequiredService<IConversationStore>().ReadAsync("a")).Texts());
    }

    [StoreFact]
    public async Task A_wrong_password_is_an_error_without_it()
    {
        NpgsqlConnectionStringBuilder wrong = new(fixture.Server.ConnectionString) { Password = "open-sesame" };
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(wrong);
        PostgresException error = await Assert.ThrowsAsync<PostgresException>(
            () => new PostgreSqlConversationStore(source).ReadAsync("a").AsTask());
        Assert.Equal(PostgresErrorCodes.InvalidPassword, error.SqlState);
        Assert.DoesNotContain("open-sesame", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_away_is_an_error()
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(
            $"Host=127.0.0.1;Port={FreePort.Find()};Username=a;Password=open-sesame");
        NpgsqlException error =
            await Assert.ThrowsAsync<NpgsqlException>(() => new PostgreSqlConversationStore(source).ReadAsync("a").AsTask());
        Assert.Contains("127.0.0.1", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("open-sesame", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_out_of_their_range_are_refused()
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create("Host=localhost");
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => new PostgreSqlConversationStore(source, new PostgreSqlConversationStoreOptions { Table = new string('ä', 28) }));
        Assert.Contains("at most 55 bytes", error.Message, StringComparison.Ordinal);
        ServiceCollection services = new();
        services.AddSingleton(source).AddRetNetPostgreSqlConversations(configure: options => options.Schema = "");
        ServiceProvider provider = services.BuildServiceProvider();
        Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IConversationStore>());
    }
}
