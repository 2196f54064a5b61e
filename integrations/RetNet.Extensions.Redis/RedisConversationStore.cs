using System.Globalization;
using RetNet.Extensions.AI.Conversations;
using StackExchange.Redis;

namespace RetNet.Extensions.Redis;

/// <summary>Keeps conversations in Redis: each is a hash with the fields <c>turn</c> and <c>conversation</c>
/// (<see cref="StoredConversation.ToBytes"/>).</summary>
/// <remarks>
/// A write is a script that compares the turn and sets both fields, in one round trip; it names one key, so that it runs in clusters.
/// After an exception other than <see cref="ConversationConflictException"/>, and after a cancellation, the turn may be kept or not, since
/// an answer of Redis may be lost: read the conversation again. How long kept turns survive Redis itself is its configuration:
/// <c>appendfsync always</c> for each, one second with <c>everysec</c>.
/// </remarks>
public sealed class RedisConversationStore : IConversationStore
{
    private const string TurnField = "turn";
    private const string ConversationField = "conversation";

    // Turns are compared as texts: Lua's numbers are doubles, which are exact up to 2^53. False is the client's null.
    private const string WriteScript = $"""
        local kept = redis.call('HGET', KEYS[1], '{TurnField}') or '0'
        if kept ~= ARGV[1] then return kept end
        redis.call('HSET', KEYS[1], '{TurnField}', ARGV[2], '{ConversationField}', ARGV[3])
        if ARGV[4] == '0' then redis.call('PERSIST', KEYS[1]) else redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
        return false
        """;

    private readonly IConnectionMultiplexer _connection;
    private readonly int _database;
    private readonly RedisKey _prefix;
    private readonly long _expiryMilliseconds;

    /// <summary>Creates a store.</summary>
    /// <param name="connection">The connection, which stays the caller's.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public RedisConversationStore(IConnectionMultiplexer connection, RedisConversationStoreOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(connection);
        options ??= new RedisConversationStoreOptions();
        if (options.Fault() is string fault)
            throw new ArgumentException(fault, nameof(options));
        _connection = connection;
        (_database, _prefix) = (options.Database, options.KeyPrefix);
        _expiryMilliseconds = (long)(options.Expiry?.TotalMilliseconds ?? 0);
    }

    private IDatabase Database => _connection.GetDatabase(_database);

    /// <inheritdoc/>
    /// <exception cref="RedisException">Redis cannot be reached, or it refuses the request.</exception>
    public async ValueTask<StoredConversation?> ReadAsync(string id, CancellationToken cancellationToken = default)
    {
        RedisKey key = KeyOf(id, cancellationToken);
        using Lease<byte>? bytes = await Of(key, Database.HashGetLeaseAsync(key, ConversationField, CommandFlags.DemandMaster),
            cancellationToken)
            .ConfigureAwait(false);
        try
        {
            return bytes is null ? null : StoredConversation.FromBytes(bytes.Span);
        }
        catch (InvalidDataException exception)
        {
            throw Damaged(key, exception);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="RedisException">Redis cannot be reached, or it refuses the request.</exception>
    public async ValueTask WriteAsync(
        string id, StoredConversation conversation, long storedTurn, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(conversation);
        RedisKey key = KeyOf(id, cancellationToken);
        RedisResult kept = await Of(
            key,
            Database.ScriptEvaluateAsync(
                WriteScript, [key], [storedTurn, conversation.Turn, conversation.ToBytes(),
                    _expiryMilliseconds], CommandFlags.DemandMaster),
            cancellationToken).ConfigureAwait(false);
        if (!kept.IsNull)
            throw new ConversationConflictException(id, storedTurn, long.Parse((string)kept!, CultureInfo.InvariantCulture));
    }

    /// <inheritdoc/>
    /// <exception cref="RedisException">Redis cannot be reached, or it refuses the request.</exception>
    public async ValueTask<bool> DeleteAsync(string id, CancellationToken cancellationToken = default)
    {
        RedisKey key = KeyOf(id, cancellationToken);
        return await Of(key, Database.KeyDeleteAsync(key, CommandFlags.DemandMaster), cancellationToken).ConfigureAwait(false);
    }

    private RedisKey KeyOf(string id, CancellationToken cancellationToken)
    {
        ConversationId.Check(id);
        cancellationToken.ThrowIfCancellationRequested();
        return _prefix.Append(id);
    }

    private static async Task<T> Of<T>(RedisKey key, Task<T> answer, CancellationToken cancellationToken)
    {
        try
        {
            return await answer.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (RedisServerException exception) when (exception.Message.Contains("WRONGTYPE", StringComparison.Ordinal))
        {
            throw Damaged(key, exception);
        }
    }

    private static InvalidDataException Damaged(RedisKey key, Exception exception) =>
        new($"Key '{key}' in Redis holds no conversation: {exception.Message}", exception);
}
