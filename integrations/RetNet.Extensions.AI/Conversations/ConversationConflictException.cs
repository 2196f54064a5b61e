namespace RetNet.Extensions.AI.Conversations;

/// <summary>A turn was not kept, because meanwhile another turn of the conversation was.</summary>
/// <param name="id">The id of the conversation.</param>
/// <param name="expected">The turn that should have been kept under the id; 0 for none.</param>
/// <param name="found">The turn that is kept; 0 for none.</param>
public sealed class ConversationConflictException(string id, long expected, long found) : InvalidOperationException(
    $"Conversation '{id}' is at turn {found}; expected turn {expected}. Another request continued it meanwhile: read it again, "
    + "and send the message again.")
{
    /// <summary>The turn that should have been kept; 0 for none.</summary>
    public long Expected { get; } = expected;

    /// <summary>The turn that is kept; 0 for none.</summary>
    public long Found { get; } = found;
}
