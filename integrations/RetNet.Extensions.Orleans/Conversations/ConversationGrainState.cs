using RetNet.Extensions.AI.Conversations;

namespace RetNet.Extensions.Orleans.Conversations;

/// <summary>What an <see cref="IConversationGrain"/> keeps in grain storage.</summary>
[GenerateSerializer, Alias("RetNet.ConversationGrainState")]
internal sealed class ConversationGrainState
{
    /// <summary>The conversation after its last turn.</summary>
    [Id(0)]
    public StoredConversation Conversation { get; set; } = StoredConversation.Empty;

    /// <summary>The grain storage of conversations was given the state of another grain.</summary>
    public static NotSupportedException NotThis<T>() => new($"The grain storage '{ConversationGrain.Storage}' was given the state "
        + $"{typeof(T).Name}; expected conversations only. Register another storage for other grains.");
}
