namespace RetNet.Extensions.AI;

/// <summary>What a <see cref="RetNetChatClient"/> remembers between requests and refuses.</summary>
/// <remarks>Registered clients take what <see cref="DependencyInjection.RetNetOptions"/> of their model says; what is configured
/// for the service id, before or after it is registered, overrides that.</remarks>
public sealed class RetNetChatClientOptions
{
    /// <summary>
    /// Whether responses carry a <see cref="Microsoft.Extensions.AI.ChatResponse.ConversationId"/>, and a request with it needs only the
    /// new messages. Default false: the caller sends the whole history, as function calling, caches, agents' sessions and kernels expect of
    /// a local model, and the model still reads only what is new of it.
    /// </summary>
    /// <remarks>A conversation takes one request at a time. A request that fails, or whose stream is left early, leaves it as it
    /// was.</remarks>
    public bool RememberConversations { get; set; }

    /// <summary>
    /// The number of conversations that can be continued by their id where <see cref="RememberConversations"/> is on; beyond it the least
    /// recently used one is dropped. Default 256. 0: no messages and no states are kept between requests.
    /// </summary>
    /// <remarks>The model's states are kept within the budget of its scheduler, see
    /// <see cref="Core.Generation.Scheduling.BatchSchedulerOptions.KeptStateBytes"/>. A conversation whose state was released is read
    /// again.</remarks>
    public int MaxConversations { get; set; } = 256;

    /// <summary>
    /// Bytes that the model's state may take in a <see cref="Conversations.StoredConversation"/>. Beyond it only the messages are kept, and
    /// the model reads them again in the next turn. Default 64 MiB; 0: states are not kept. A RetNet's state has a fixed size; that of a
    /// Transformer is bounded by its policy, and grows with the conversation under the policy <c>full</c>.
    /// </summary>
    public long MaxConversationStateBytes { get; set; } = 64L << 20;

    /// <summary>Whether a <see cref="Conversations.StoredConversation"/> whose state another model left, or another version of this
    /// library, goes on nevertheless: its messages are read again. Default false: it is refused.</summary>
    public bool RereadForeignConversations { get; set; }

    /// <summary>Whether a prompt is refused that is longer than the context of a Transformer, which was not trained on later positions.
    /// Default false: it is answered, with a warning in the log. A RetNet has no such limit.</summary>
    public bool RefuseLongPrompts { get; set; }
}
