using System.Data;
using Npgsql;
using NpgsqlTypes;
using RetNet.Extensions.AI.Conversations;

namespace RetNet.Extensions.PostgreSql;

/// <summary>Keeps conversations in PostgreSQL: each is a row with its id, turn, bytes (<see cref="StoredConversation.ToBytes"/>) and the
/// time when it expires.</summary>
/// <remarks>
/// A write is one statement that compares the turn and replaces the row. After an exception other than
/// <see cref="ConversationConflictException"/>, and after a cancellation, the turn may be kept or not, since an answer of the server may be
/// lost: read the conversation again. A conversation that has expired is as good as deleted; <see cref="DeleteExpiredAsync"/> frees its
/// place.
/// </remarks>
public sealed class PostgreSqlConversationStore : IConversationStore
{
    private readonly NpgsqlDataSource _source;
    private readonly PostgreSqlStatements _statements;
    private readonly TimeSpan? _expiry;
    private readonly bool _createTable;

    /// <summary>Creates a store.</summary>
    /// <param name="source">Gives connections; it stays the caller's.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public PostgreSqlConversationStore(NpgsqlDataSource source, PostgreSqlConversationStoreOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        options ??= new PostgreSqlConversationStoreOptions();
        if (options.Fault() is string fault)
            throw new ArgumentException(fault, nameof(options));
        _source = source;
        _statements = new PostgreSqlStatements(options);
        (_expiry, _createTable) = (options.Expiry, options.CreateTable);
    }

    /// <inheritdoc/>
    /// <exception cref="NpgsqlException">The server cannot be reached, or it refuses the request.</exception>
    public async ValueTask<StoredConversation?> ReadAsync(string id, CancellationToken cancellationToken = default)
    {
        ConversationId.Check(id);
        byte[]? bytes = await WithTableAsync(
            async () =>
            {
                await using NpgsqlCommand command = Command(_statements.Read, Text(id));
                await using NpgsqlDataReader reader = await command
                    .ExecuteReaderAsync(CommandBehavior.SequentialAccess | CommandBehavior.SingleRow, cancellationToken)
                    .ConfigureAwait(false);
                return await reader.ReadAsync(cancellationToken).ConfigureAwait(false)
                    ? await reader.GetFieldValueAsync<byte[]>(0, cancellationToken).ConfigureAwait(false)
                    : null;
            },
            cancellationToken).ConfigureAwait(false);
        try
        {
            return bytes is null ? null : StoredConversation.FromBytes(bytes);
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException(
                $"Row '{id}' of table {_statements.Table} in PostgreSQL holds no conversation: {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="NpgsqlException">The server cannot be reached, or it refuses the request.</exception>
    public async ValueTask WriteAsync(
        string id, StoredConversation conversation, long storedTurn, CancellationToken cancellationToken = default)
    {
        ConversationId.Check(id);
        ArgumentNullException.ThrowIfNull(conversation);
        byte[] bytes = conversation.ToBytes();
        int rows = await WithTableAsync(
            async () =>
            {
                await using NpgsqlCommand command = Command(
                    storedTurn == 0 ? _statements.WriteFirst : _statements.WriteNext,
                    Text(id), Number(storedTurn), Number(conversation.Turn), Value(bytes, NpgsqlDbType.Bytea), Value(_expiry,
                        NpgsqlDbType.Interval));
                return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        if (rows > 0)
            return;
        await using NpgsqlCommand turn = Command(_statements.ReadTurn, Text(id));
        object? found = await turn.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
        throw new ConversationConflictException(id, storedTurn, found as long? ?? 0);
    }

    /// <inheritdoc/>
    /// <exception cref="NpgsqlException">The server cannot be reached, or it refuses the request.</exception>
    public async ValueTask<bool> DeleteAsync(string id, CancellationToken cancellationToken = default)
    {
        ConversationId.Check(id);
        object? kept = await WithTableAsync(
            async () =>
            {
                await using NpgsqlCommand command = Command(_statements.Delete, Text(id));
                return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        return kept is true;
    }

    /// <summary>Frees the place of conversations that have expired. Call it once a day or so, in one process.</summary>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>How many there were.</returns>
    /// <exception cref="NpgsqlException">The server cannot be reached, or it refuses the request.</exception>
    public async ValueTask<int> DeleteExpiredAsync(CancellationToken cancellationToken = default) =>
        await WithTableAsync(
            async () =>
            {
                await using NpgsqlCommand command = Command(_statements.DeleteExpired);
                return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);

    /// <summary>Creates the schema and the table if they are not there, for which the user needs the right to.</summary>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The end of the request.</returns>
    /// <exception cref="NpgsqlException">The server cannot be reached, or it refuses the request.</exception>
    public async ValueTask CreateTableAsync(CancellationToken cancellationToken = default)
    {
        await using NpgsqlCommand command = _source.CreateCommand(_statements.Create);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    // The table is created when it is missed, so that its presence costs nothing and a user without the right to create may use it.
    private async Task<T> WithTableAsync<T>(Func<Task<T>> request, CancellationToken cancellationToken)
    {
        try
        {
            return await request().ConfigureAwait(false);
        }
        catch (PostgresException exception) when (_createTable && exception.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            await CreateTableAsync(cancellationToken).ConfigureAwait(false);
            return await request().ConfigureAwait(false);
        }
    }

    private NpgsqlCommand Command(string statement, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        NpgsqlCommand command = _source.CreateCommand(statement);
        foreach (NpgsqlParameter parameter in parameters)
            command.Parameters.Add(parameter);
        return command;
    }

    private static NpgsqlParameter Text(string value) => Value(value, NpgsqlDbType.Text);

    private static NpgsqlParameter Number(long value) => Value(value, NpgsqlDbType.Bigint);

    private static NpgsqlParameter Value(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
}
