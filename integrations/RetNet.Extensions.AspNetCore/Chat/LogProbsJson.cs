using System.Text.Json;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AI;

namespace RetNet.Extensions.AspNetCore.Chat;

/// <summary>Writes the log probabilities of an answer's tokens.</summary>
internal static class LogProbsJson
{
    private const string Key = "logprobs";

    // JSON has no infinity; OpenAI writes this.
    private const double Least = -9999;

    /// <summary>The log probabilities in an update or a response; empty if there are none.</summary>
    public static IReadOnlyList<TokenLogProbs> Of(AdditionalPropertiesDictionary? properties) =>
        properties?.GetValueOrDefault(Key) as IReadOnlyList<TokenLogProbs> ?? [];

    /// <summary>Those of the prompt's tokens in an update; empty if there are none.</summary>
    public static IReadOnlyList<TokenLogProbs> OfPrompt(AdditionalPropertiesDictionary? properties) =>
        properties?.GetValueOrDefault("prompt_logprobs") as IReadOnlyList<TokenLogProbs> ?? [];

    /// <summary>A logarithm that JSON can have.</summary>
    /// <exception cref="InvalidOperationException">It is none: the model computes no numbers.</exception>
    public static double Finite(double logProbability) => double.IsNaN(logProbability)
        ? throw new InvalidOperationException("The log probability of a token is NaN; expected a number. Are the model's weights damaged?")
        : Math.Max(logProbability, Least);

    /// <summary>Writes the field <c>logprobs</c> of a choice; null if there are none.</summary>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<TokenLogProbs> tokens)
    {
        if (tokens.Count == 0)
        {
            json.WriteNull("logprobs"u8);
            return;
        }

        json.WriteStartObject("logprobs"u8);
        json.WriteStartArray("content"u8);
        foreach (TokenLogProbs token in tokens)
        {
            WriteToken(json, token);
            json.WriteStartArray("top_logprobs"u8);
            foreach (TokenLogProbs likely in token.Top)
            {
                WriteToken(json, likely);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNull("refusal"u8);
        json.WriteEndObject();
    }

    private static void WriteToken(Utf8JsonWriter json, TokenLogProbs token)
    {
        json.WriteStartObject();
        json.WriteString("token"u8, token.Token);
        json.WriteNumber("logprob"u8, Finite(token.LogProb));
        json.WriteStartArray("bytes"u8);
        foreach (byte part in token.Bytes.Span)
            json.WriteNumberValue(part);
        json.WriteEndArray();
    }
}
