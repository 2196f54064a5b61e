using System.Text;

namespace RetNet.Extensions.PostgreSql;

/// <summary>Options of a <see cref="PostgreSqlConversationStore"/>.</summary>
public sealed class PostgreSqlConversationStoreOptions
{
    /// <summary>The largest length of a name in PostgreSQL, which cuts longer ones without an error.</summary>
    private const int MaxNameBytes = 63;

    /// <summary>The schema of the table; null, the default, for the first one of the connection's search path.</summary>
    public string? Schema { get; set; }

    /// <summary>The name of the table, at most 55 bytes of UTF-8; <c>retnet_conversations</c> by default. It may have any
    /// characters.</summary>
    public string Table { get; set; } = "retnet_conversations";

    /// <summary>How long a conversation is kept after its last turn; 30 days by default, null for ever.</summary>
    public TimeSpan? Expiry { get; set; } = TimeSpan.FromDays(30);

    /// <summary>True, the default, if the first request creates a table that is not there.</summary>
    public bool CreateTable { get; set; } = true;

    internal string IndexName => $"{Table}_expires";

    internal string? Fault() =>
        string.IsNullOrEmpty(Table) ? $"{nameof(Table)} is empty; expected a name."
        : Schema == "" ? $"{nameof(Schema)} is empty; expected a name, or null for the search path."
        : Encoding.UTF8.GetByteCount(IndexName) > MaxNameBytes ? $"{nameof(Table)} '{Table}' is too long; expected at most 55 bytes."
        : Schema is not null && Encoding.UTF8.GetByteCount(Schema) > MaxNameBytes
            ? $"{nameof(Schema)} '{Schema}' is too long; expected at most {MaxNameBytes} bytes."
        : Expiry <= TimeSpan.Zero ? $"{nameof(Expiry)} is {Expiry}; expected a positive time, or null for no expiry."
        : null;
}
