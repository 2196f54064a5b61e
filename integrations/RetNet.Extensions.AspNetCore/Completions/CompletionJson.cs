using System.Text.Json;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AI;
using RetNet.Extensions.AspNetCore.Chat;

namespace RetNet.Extensions.AspNetCore.Completions;

/// <summary>Writes continuations.</summary>
internal static class CompletionJson
{
    /// <summary>Writes an entry of <c>choices</c>.</summary>
    /// <param name="json">The writer.</param>
    /// <param name="index">The number of the continuation.</param>
    /// <param name="text">Its text, or a part.</param>
    /// <param name="logProbs">The log probabilities of the tokens of the text, each with the place of its first character, and whether it
    /// is the first of all, of which nothing is known.</param>
    /// <param name="reason">Why it ended; null if it goes on.</param>
    public static void WriteChoice(
        Utf8JsonWriter json, int index, string text, IReadOnlyList<(TokenLogProbs Token, int Offset, bool IsFirst)> logProbs,
        string? reason)
    {
        json.WriteStartObject();
        json.WriteString("text"u8, text);
        json.WriteNumber("index"u8, index);
        WriteLogProbs(json, logProbs);
        json.WriteString("finish_reason"u8, reason);
        json.WriteEndObject();
    }

    // The first form that OpenAI gave them: lists side by side.
    private static void WriteLogProbs(Utf8JsonWriter json, IReadOnlyList<(TokenLogProbs Token, int Offset, bool IsFirst)> tokens)
    {
        if (tokens.Count == 0)
        {
            json.WriteNull("logprobs"u8);
            return;
        }

        json.WriteStartObject("logprobs"u8);
        json.WriteStartArray("tokens"u8);
        foreach ((TokenLogProbs token, _, _) in tokens)
            json.WriteStringValue(token.Token);
        json.WriteEndArray();
        json.WriteStartArray("token_logprobs"u8);
        foreach ((TokenLogProbs token, _, bool isFirst) in tokens)
        {
            if (isFirst)
                json.WriteNullValue();
            else
                json.WriteNumberValue(LogProbsJson.Finite(token.LogProb));
        }

        json.WriteEndArray();
        json.WriteStartArray("top_logprobs"u8);
        foreach ((TokenLogProbs token, _, bool isFirst) in tokens)
        {
            if (isFirst)
            {
                json.WriteNullValue();
                continue;
            }

            json.WriteStartObject();

            // Different tokens may look the same; the likeliest stays.
            foreach (TokenLogProbs likely in token.Top.DistinctBy(likely => likely.Token))
                json.WriteNumber(likely.Token, LogProbsJson.Finite(likely.LogProb));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("text_offset"u8);
        foreach ((_, int offset, _) in tokens)
            json.WriteNumberValue(offset);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Adds the usage of a continuation to the sum: a text counts once, each continuation counts.</summary>
    public static UsageDetails? Sum(IReadOnlyList<UsageDetails?> usages, int choices)
    {
        UsageDetails? sum = null;
        foreach (UsageDetails?[] prompt in usages.Chunk(choices))
        {
            if (prompt.Aggregate((UsageDetails?)null, ChatJson.Add) is { } usage)
                (sum ??= new UsageDetails()).Add(usage);
        }

        return sum;
    }
}
