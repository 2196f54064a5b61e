namespace RetNet.Extensions.Orleans;

/// <summary>How a <see cref="ClusterChatClient"/> behaves.</summary>
public sealed class ClusterChatClientOptions
{
    /// <summary>How long a turn is repeated when silos or their storage fail, before the failure is told. Default 60 seconds.</summary>
    public TimeSpan RetryFor { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a silo may be silent before the turn is asked for again; silos tell every second that it goes on. Default 5
    /// seconds. A message that is lost with a silo is noticed by that, which Orleans itself does after its response timeout of 30
    /// seconds.</summary>
    public TimeSpan SilenceLimit { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether a request without a conversation's id begins a conversation. Default true: the response has an id, and the next request
    /// with it sends only new messages. False: requests without an id carry the whole history, as those of an OpenAI-compatible host do,
    /// and nothing of them is kept.
    /// </summary>
    public bool StartsConversations { get; set; } = true;

    /// <summary>The model's name in the metadata of the client. Default null: not known.</summary>
    public string? ModelId { get; set; }
}
