namespace RetNet.Extensions.AI;

/// <summary>Limits of what a <see cref="RetNetChatClient"/> keeps between requests.</summary>
public sealed class RetNetChatClientOptions
{
    /// <summary>
    /// The number of conversations that can be continued by their id; beyond it the least recently used one is dropped. Default 256. 0
    /// turns conversations off: responses carry no id, and nothing is kept between requests.
    /// </summary>
    public int MaxConversations { get; set; } = 256;

    /// <summary>
    /// Bytes of model states kept between requests; beyond it the least recently used state is released. Its conversation can still be
    /// continued: the model then reads it again. Default 256 MiB.
    /// </summary>
    public long MaxStateBytes { get; set; } = 256L << 20;
}
