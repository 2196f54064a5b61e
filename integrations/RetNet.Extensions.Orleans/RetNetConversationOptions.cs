namespace RetNet.Extensions.Orleans;

/// <summary>How a silo holds conversations.</summary>
public sealed class RetNetConversationOptions
{
    /// <summary>The key of the chat client that answers. Default null: the client without a key.</summary>
    public string? ServiceId { get; set; }

    /// <summary>How long a conversation stays in the silo's memory without a turn; the next turn reads it from storage. Default 5
    /// minutes; at least 1 minute, which is how often Orleans looks.</summary>
    public TimeSpan IdleTime { get; set; } = TimeSpan.FromMinutes(5);
}
