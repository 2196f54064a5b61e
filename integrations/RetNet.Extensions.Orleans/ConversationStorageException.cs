namespace RetNet.Extensions.Orleans;

/// <summary>The grain storage of a conversation failed. What was being kept is kept or not. The next request with the id of the turn
/// (<see cref="Conversations.TurnRequest.Id"/>) finds out, and <see cref="ClusterChatClient"/> repeats it for a while before this is told.
/// Whoever sends the message again then begins another turn: read the conversation before, to see whether the message is in it.</summary>
public sealed class ConversationStorageException : InvalidOperationException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="id">The id of the conversation.</param>
    /// <param name="failure">What the storage told. It stays on the silo but for its type and message, since a client need not have the
    /// storage's types.</param>
    internal ConversationStorageException(string id, Exception failure)
        : base($"The storage of conversation '{id}' failed: {failure.GetType().Name}: {failure.Message}")
    {
    }
}
