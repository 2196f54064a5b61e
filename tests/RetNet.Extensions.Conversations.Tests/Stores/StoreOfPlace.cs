using Npgsql;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.PostgreSql;
using RetNet.Extensions.Redis;
using StackExchange.Redis;

namespace RetNet.Extensions.Conversations.Tests.Stores;

/// <summary>Opens the store of a <see cref="LastingFixture.Place"/>.</summary>
internal static class StoreOfPlace
{
    public static IConversationStore Open(string place)
    {
        string[] parts = place.Split('|', 2);
        return parts[0] switch
        {
            "file" => new FileConversationStore(parts[1]),
            "redis" => new RedisConversationStore(ConnectionMultiplexer.Connect(parts[1])),
            "postgresql" => new PostgreSqlConversationStore(NpgsqlDataSource.Create(parts[1])),
            _ => throw new ArgumentException($"There is no store of '{parts[0]}'.", nameof(place)),
        };
    }
}
