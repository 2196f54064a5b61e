using Orleans.Concurrency;
using RetNet.Extensions.AI.Conversations;

namespace RetNet.Extensions.Orleans.Conversations;

/// <summary>A conversation in a cluster; its key is the conversation's id. Its turns run one after the other, on the silo where it is
/// active, and each is kept by one write.</summary>
[Alias("RetNet.IConversationGrain")]
public interface IConversationGrain : IGrainWithStringKey
{
    /// <summary>Answers a turn.</summary>
    /// <remarks>Repeating a request is harmless: one that runs is joined, and the answer of one that was kept is told again.</remarks>
    /// <param name="request">The turn.</param>
    /// <param name="cancellationToken">Cancels the turn, unless another caller reads it too. A turn that was cancelled is not kept.</param>
    /// <returns>The answer as it is generated. After the last update it has been kept.</returns>
    /// <exception cref="ConversationConflictException">The request is for another turn than the next.</exception>
    /// <exception cref="ConversationStorageException">The storage failed.</exception>
    [Alias("Answer")]
    IAsyncEnumerable<TurnUpdate> AnswerAsync(TurnRequest request, CancellationToken cancellationToken = default);

    /// <summary>Reads the conversation.</summary>
    /// <returns>The conversation after the last turn that was kept; without turns if there is none.</returns>
    /// <exception cref="ConversationStorageException">The storage failed.</exception>
    [Alias("Read"), AlwaysInterleave]
    Task<StoredConversation> ReadAsync();

    /// <summary>Forgets the conversation, after the turns that were asked for before, which may take up to an hour.</summary>
    /// <returns>False if there was none.</returns>
    /// <exception cref="ConversationStorageException">The storage failed.</exception>
    [Alias("Delete"), ResponseTimeout("01:00:00")]
    Task<bool> DeleteAsync();
}
