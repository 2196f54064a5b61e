namespace RetNet.Extensions.PostgreSql;

/// <summary>The statements of a table. Times are those of the server's clock.</summary>
internal sealed class PostgreSqlStatements
{
    private const string IsKept = "(expires IS NULL OR expires > now())";

    public PostgreSqlStatements(PostgreSqlConversationStoreOptions options)
    {
        string? schema = options.Schema is null ? null : Quoted(options.Schema);
        Table = schema is null ? Quoted(options.Table) : $"{schema}.{Quoted(options.Table)}";
        Read = $"SELECT conversation FROM {Table} WHERE id = $1 AND {IsKept}";
        ReadTurn = $"SELECT turn FROM {Table} WHERE id = $1 AND {IsKept}";
        WriteFirst = $"""
            INSERT INTO {Table} AS kept (id, turn, conversation, expires) VALUES ($1, $3, $4, now() + $5)
            ON CONFLICT (id) DO UPDATE SET turn = EXCLUDED.turn, conversation = EXCLUDED.conversation, expires = EXCLUDED.expires
            WHERE kept.turn = $2 OR kept.expires <= now()
            """;
        WriteNext = $"UPDATE {Table} SET turn = $3, conversation = $4, expires = now() + $5 WHERE id = $1 AND turn = $2 AND {IsKept}";
        Delete = $"DELETE FROM {Table} WHERE id = $1 RETURNING {IsKept}";
        DeleteExpired = $"DELETE FROM {Table} WHERE expires <= now()";
        // IF NOT EXISTS alone fails when two sessions create at once: each misses the schema or the table, and the second breaks a key
        // of the catalog. Stores with other tables may create the same schema, so that all have one lock.
        Create = $"""
            SELECT pg_advisory_xact_lock(hashtextextended('retnet_conversations', 0));
            {(schema is null ? "" : $"CREATE SCHEMA IF NOT EXISTS {schema};")}
            CREATE TABLE IF NOT EXISTS {Table} (
                id text COLLATE "C" PRIMARY KEY, turn bigint NOT NULL, conversation bytea NOT NULL, expires timestamptz);
            CREATE INDEX IF NOT EXISTS {Quoted(options.IndexName)} ON {Table} (expires);
            """;
    }

    public string Table { get; }

    public string Create { get; }

    public string Read { get; }

    public string ReadTurn { get; }

    public string WriteFirst { get; }

    public string WriteNext { get; }

    public string Delete { get; }

    public string DeleteExpired { get; }

    private static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
