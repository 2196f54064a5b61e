namespace RetNet.Extensions.AI.Conversations;

/// <summary>Keeps conversations between turns, so that they survive the process that answers them. Implementations are
/// thread-safe.</summary>
/// <remarks>A write says which turn it follows. So two turns that began from the same one cannot both be kept, wherever they ran; a turn
/// that is written again is a conflict, too. Turns are told apart by their number alone: an id must not be used again once its conversation
/// was deleted or has expired, as long as a turn of the old one may run, which would take the place of the same turn of the new
/// one.</remarks>
public interface IConversationStore
{
    /// <summary>Reads a conversation.</summary>
    /// <param name="id">Its id, at most <see cref="ConversationId.MaxLength"/> printable ASCII characters.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <returns>The conversation after its last turn; null if none is kept under the id.</returns>
    /// <exception cref="ArgumentException">The id is not one, see <see cref="ConversationId.Check"/>.</exception>
    /// <exception cref="InvalidDataException">What is kept is damaged.</exception>
    ValueTask<StoredConversation?> ReadAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Keeps a conversation, whole or not at all.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="conversation">The conversation after a turn.</param>
    /// <param name="storedTurn">The <see cref="StoredConversation.Turn"/> that is kept under the id at present; 0 for none.</param>
    /// <param name="cancellationToken">Cancels the writing.</param>
    /// <returns>The end of the writing; from then on the conversation survives the process, if the store does.</returns>
    /// <exception cref="ConversationConflictException">Another turn is kept under the id. Nothing is written.</exception>
    /// <exception cref="ArgumentException">The id is not one.</exception>
    ValueTask WriteAsync(string id, StoredConversation conversation, long storedTurn, CancellationToken cancellationToken = default);

    /// <summary>Forgets a conversation.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>False if none was kept under the id.</returns>
    /// <exception cref="ArgumentException">The id is not one.</exception>
    ValueTask<bool> DeleteAsync(string id, CancellationToken cancellationToken = default);
}
