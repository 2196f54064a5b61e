using Orleans.Storage;
using RetNet.Extensions.AI.Conversations;

namespace RetNet.Extensions.Orleans.Conversations;

/// <summary>Writes a conversation into grain storage as its own bytes. Orleans' serializer would write JSON, in which a state is base64 and
/// takes a third more.</summary>
internal sealed class ConversationGrainStorageSerializer : IGrainStorageSerializer
{
    public BinaryData Serialize<T>(T? input) => input is ConversationGrainState state
        ? new BinaryData(state.Conversation.ToBytes())
        : throw ConversationGrainState.NotThis<T>();

    public T? Deserialize<T>(BinaryData input) =>
        new ConversationGrainState { Conversation = StoredConversation.FromBytes(input.ToMemory().Span) } is T state
            ? state
            : throw ConversationGrainState.NotThis<T>();
}
