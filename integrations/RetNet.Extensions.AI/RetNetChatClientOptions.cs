namespace RetNet.Extensions.AI;

/// <summary>Limits of what a <see cref="RetNetChatClient"/> keeps between requests.</summary>
public sealed class RetNetChatClientOptions
{
    /// <summary>
    /// Whether responses carry a <see cref="Microsoft.Extensions.AI.ChatResponse.ConversationId"/>, and a request with it needs only the new
    /// messages. Default false: the caller sends the whole history, as function calling, caches, agents' sessions and kernels expect of a
    /// local model, and the model still reads only what is new of it.
    /// </summary>
    public bool RememberConversations { get; set; }

    /// <summary>
    /// The number of conversations whose state is kept between requests, and that can be continued by their id where
    /// <see cref="RememberConversations"/> is on; beyond it the least recently used one is dropped. Default 256. 0: nothing is kept.
    /// </summary>
    public int MaxConversations { get; set; } = 256;

    /// <summary>
    /// Bytes of model states kept between requests; beyond it the least recently used state is released. Its conversation can still be
    /// continued: the model then reads it again. Default 256 MiB.
    /// </summary>
    public long MaxStateBytes { get; set; } = 256L << 20;
}
