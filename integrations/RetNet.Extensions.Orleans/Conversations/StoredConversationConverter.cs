using RetNet.Extensions.AI.Conversations;

namespace RetNet.Extensions.Orleans.Conversations;

/// <summary>How a conversation travels between silos and clients: as its own bytes.</summary>
[GenerateSerializer, Immutable, Alias("RetNet.StoredConversation")]
internal struct StoredConversationBytes
{
    [Id(0)]
    public byte[] Bytes;
}

/// <inheritdoc cref="StoredConversationBytes"/>
[RegisterConverter]
internal sealed class StoredConversationConverter : IConverter<StoredConversation, StoredConversationBytes>
{
    public StoredConversation ConvertFromSurrogate(in StoredConversationBytes surrogate) => StoredConversation.FromBytes(surrogate.Bytes);

    public StoredConversationBytes ConvertToSurrogate(in StoredConversation value) => new() { Bytes = value.ToBytes() };
}
