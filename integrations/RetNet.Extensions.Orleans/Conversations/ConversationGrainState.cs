using RetNet.Extensions.AI.Conversations;

namespace RetNet.Extensions.Orleans.Conversations;

/// <summary>What an <see cref="IConversationGrain"/> keeps in grain storage.</summary>
[GenerateSerializer, Alias("RetNet.ConversationGrainState")]
internal sealed class ConversationGrainState
{
    /// <summary>The conversation after its last turn.</summary>
    [Id(0)]
    public StoredConversation Conversation { get; set; } = StoredConversation.Empty;
}
