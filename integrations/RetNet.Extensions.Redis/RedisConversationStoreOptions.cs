namespace RetNet.Extensions.Redis;

/// <summary>Options of a <see cref="RedisConversationStore"/>.</summary>
public sealed class RedisConversationStoreOptions
{
    /// <summary>What the keys begin with, before the ids; <c>retnet:conversation:</c> by default. A Redis cluster keeps all conversations
    /// in one slot if the prefix has a hash tag such as <c>{retnet}</c>.</summary>
    public string KeyPrefix { get; set; } = "retnet:conversation:";

    /// <summary>How long a conversation is kept after its last turn; 30 days by default, null for ever.</summary>
    public TimeSpan? Expiry { get; set; } = TimeSpan.FromDays(30);

    /// <summary>The number of the database; −1, the default, for that of the connection. A Redis cluster has only 0.</summary>
    public int Database { get; set; } = -1;

    internal string? Fault() =>
        KeyPrefix is null ? $"{nameof(KeyPrefix)} is null; expected a text."
        : Expiry < TimeSpan.FromMilliseconds(1) ? $"{nameof(Expiry)} is {Expiry}; expected at least a millisecond, or null for no expiry."
        : Database < -1 ? $"{nameof(Database)} is {Database}; expected −1 or more."
        : null;
}
