namespace RetNet.Extensions.AI.Conversations;

/// <summary>A turn was not kept, because meanwhile another turn of the conversation was.</summary>
public sealed class ConversationConflictException : InvalidOperationException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="id">The id of the conversation.</param>
    /// <param name="expected">The turn that should have been kept under the id; 0 for none.</param>
    /// <param name="found">The turn that is kept; 0 for none.</param>
    public ConversationConflictException(string id, long expected, long found)
        : base($"Conversation '{id}' is at turn {found}; expected turn {expected}. Another request continued it meanwhile: read it again, "
            + "and send the message again.") => (Expected, Found) = (expected, found);

    // What goes to another process is an exception's Data, not its properties.

    /// <summary>The turn that should have been kept; 0 for none.</summary>
    public long Expected
    {
        get => (long)(Data[nameof(Expected)] ?? 0L);
        private init => Data[nameof(Expected)] = value;
    }

    /// <summary>The turn that is kept; 0 for none.</summary>
    public long Found
    {
        get => (long)(Data[nameof(Found)] ?? 0L);
        private init => Data[nameof(Found)] = value;
    }
}
