using System.Globalization;
using Orleans.Storage;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.Orleans.Conversations;

namespace RetNet.Extensions.Orleans.Storage;

/// <summary>Grain storage for conversations over a store of conversations: the key of a grain is the id of its conversation, and the number
/// of the turn is the tag that tells concurrent writes apart.</summary>
internal sealed class ConversationStoreGrainStorage(IConversationStore store) : IGrainStorage
{
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        StoredConversation? conversation = await store.ReadAsync(Id(grainId));
        State(grainState).Conversation = conversation ?? StoredConversation.Empty;
        Written(grainState, conversation);
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        StoredConversation conversation = State(grainState).Conversation;
        long storedTurn = grainState.ETag is { } tag ? long.Parse(tag, CultureInfo.InvariantCulture) : 0;
        try
        {
            await store.WriteAsync(Id(grainId), conversation, storedTurn);
        }
        catch (ConversationConflictException exception)
        {
            throw new InconsistentStateException(exception.Message, Tag(exception.Found), grainState.ETag, exception);
        }

        Written(grainState, conversation);
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await store.DeleteAsync(Id(grainId));
        State(grainState).Conversation = StoredConversation.Empty;
        Written(grainState, conversation: null);
    }

    private static void Written<T>(IGrainState<T> grainState, StoredConversation? conversation)
    {
        grainState.RecordExists = conversation is not null;
        grainState.ETag = conversation is null ? null : Tag(conversation.Turn);
    }

    private static ConversationGrainState State<T>(IGrainState<T> grainState) => grainState.State as ConversationGrainState
        ?? throw ConversationGrainState.NotThis<T>();

    private static string Id(GrainId grainId) => grainId.Key.ToString()!;

    private static string Tag(long turn) => turn.ToString(CultureInfo.InvariantCulture);
}
