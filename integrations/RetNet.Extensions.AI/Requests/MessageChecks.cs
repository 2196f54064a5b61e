using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AI.Requests;

/// <summary>Refuses messages that are not there.</summary>
internal static class MessageChecks
{
    /// <summary>The message at a place of a request.</summary>
    /// <exception cref="ArgumentException">The message, or a content of it, is null.</exception>
    public static ChatMessage Require(ChatMessage? message, int place)
    {
        if (message is null)
            throw new ArgumentException($"Message {place} is null; expected a message.", "messages");
        return message.Contents.Contains(null!)
            ? throw new ArgumentException(
                $"A content of message {place}, of the {message.Role}, is null; expected a content.", "messages")
            : message;
    }
}
