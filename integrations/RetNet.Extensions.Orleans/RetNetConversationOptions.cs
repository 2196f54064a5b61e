namespace RetNet.Extensions.Orleans;

/// <summary>How a silo holds conversations.</summary>
public sealed class RetNetConversationOptions
{
    /// <summary>The key of the chat client that answers. Default null: the client without a key.</summary>
    public string? ServiceId { get; set; }

    /// <summary>How long a conversation stays in the silo's memory without a turn; the next turn reads it from storage. Default 5
    /// minutes; more than 1 minute, which is how often Orleans looks (<c>GrainCollectionOptions.CollectionQuantum</c>).</summary>
    public TimeSpan IdleTime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Memory for the states of the conversations that are active, those of running requests not counted. Default null: a quarter
    /// of the memory that the process may use. As many conversations fit as states of the model, each with its largest size.</summary>
    public int? MemoryMegabytes { get; set; }

    /// <summary>The largest number of conversations that are active. Default null: what <see cref="MemoryMegabytes"/> says, or, where the
    /// client is not one of this library's models, any number.</summary>
    public int? MaxConversations { get; set; }

    internal long MemoryBytes => MemoryMegabytes is { } megabytes
        ? (long)megabytes << 20
        : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;
}
