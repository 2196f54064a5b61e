using RetNet.Extensions.AI.Conversations;

namespace RetNet.Extensions.AspNetCore.Responses;

/// <summary>Ids of responses and of their items. That of an item has that of its response in it, so that the item is found by its id
/// alone.</summary>
internal static class ResponseIds
{
    /// <summary>The number of characters of the id of a response.</summary>
    public static readonly int Length = Prefix.Length + Digits;

    private const string Prefix = "resp_";
    private const int Digits = 32;

    /// <summary>An id of a response, which cannot be guessed.</summary>
    public static string New() => Prefix + ConversationId.New();

    /// <summary>An id of an item.</summary>
    /// <param name="kind">What it is: <c>msg</c>, <c>fc</c> and so on.</param>
    /// <param name="response">The id of its response.</param>
    /// <param name="place">Its place in the response, which no other item has.</param>
    public static string OfItem(string kind, string response, string place) => $"{kind}_{response[Prefix.Length..]}_{place}";

    /// <summary>The id of the response that an item belongs to; null if the text is no id that <see cref="OfItem"/> made.</summary>
    public static string? ResponseOf(string item)
    {
        int start = item.IndexOf('_') + 1;
        if (start == 0 || item.Length <= start + Digits || item[start + Digits] != '_')
            return null;
        string response = Prefix + item.Substring(start, Digits);
        return IsResponse(response) ? response : null;
    }

    /// <summary>Whether a text can be the id of a response of this host.</summary>
    public static bool IsResponse(string id) => id.Length == Length
        && id.StartsWith(Prefix, StringComparison.Ordinal)
        && id.AsSpan(Prefix.Length).IndexOfAnyExcept("0123456789abcdef") < 0;
}
