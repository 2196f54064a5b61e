using System.Security.Cryptography;

namespace RetNet.Extensions.AI.Conversations;

/// <summary>Ids of conversations. They may come from anywhere, and stores use them in the names of files, keys and rows.</summary>
public static class ConversationId
{
    /// <summary>The largest number of characters.</summary>
    public const int MaxLength = 128;

    /// <summary>An id that cannot be guessed.</summary>
    /// <returns>32 hexadecimal digits.</returns>
    public static string New() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>Refuses texts that are no ids.</summary>
    /// <param name="id">1 to <see cref="MaxLength"/> printable ASCII characters, without space.</param>
    /// <exception cref="ArgumentException">The text is longer, empty, or has another character.</exception>
    public static void Check(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        if (id.Length > MaxLength)
            throw new ArgumentException($"The id of a conversation has {id.Length} characters; expected at most {MaxLength}.", nameof(id));
        int other = id.AsSpan().IndexOfAnyExceptInRange('!', '~');
        if (other >= 0)
        {
            throw new ArgumentException(
                $"The id of a conversation has U+{(int)id[other]:X4} at {other}; expected printable ASCII characters without space.",
                nameof(id));
        }
    }
}
