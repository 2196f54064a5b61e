namespace RetNet.Extensions.AI;

/// <summary>Limits of what a <see cref="RetNetChatClient"/> keeps between requests.</summary>
public sealed class RetNetChatClientOptions
{
    /// <summary>
    /// Whether responses carry a <see cref="Microsoft.Extensions.AI.ChatResponse.ConversationId"/>, and a request with it needs only the
    /// new messages. Default false: the caller sends the whole history, as function calling, caches, agents' sessions and kernels expect of
    /// a local model, and the model still reads only what is new of it.
    /// </summary>
    public bool RememberConversations { get; set; }

    /// <summary>
    /// The number of conversations that can be continued by their id where <see cref="RememberConversations"/> is on; beyond it the least
    /// recently used one is dropped. Default 256. 0: no messages and no states are kept between requests.
    /// </summary>
    /// <remarks>The model's states are kept within the budget of its scheduler, see
    /// <see cref="Core.Generation.Scheduling.BatchSchedulerOptions.KeptStateBytes"/>. A conversation whose state was released is read
    /// again.</remarks>
    public int MaxConversations { get; set; } = 256;
}
