using RetNet.Extensions.AI.Conversations;

namespace RetNet.Extensions.AspNetCore.Responses;

/// <summary>Ids of responses and of their items.</summary>
internal static class ResponseIds
{
    private const string Response = "resp";
    private const int Digits = 32;

    /// <summary>An id of a response.</summary>
    public static string NewResponse() => New(Response);

    /// <summary>An id that cannot be guessed.</summary>
    /// <param name="prefix">What it is an id of: <c>msg</c>, <c>fc</c> and so on.</param>
    public static string New(string prefix) => $"{prefix}_{ConversationId.New()}";

    /// <summary>Whether a text can be the id of a response of this host.</summary>
    public static bool IsResponse(string id) => id.Length == Response.Length + 1 + Digits
        && id.StartsWith($"{Response}_", StringComparison.Ordinal)
        && id.AsSpan(Response.Length + 1).IndexOfAnyExcept("0123456789abcdef") < 0;
}
