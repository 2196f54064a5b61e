using System.Text.Json.Serialization;
using RetNet.Extensions.AI;
using RetNet.Extensions.AspNetCore.Chat;

namespace RetNet.Extensions.AspNetCore.Responses;

/// <summary>A part of an item: <c>output_text</c>, <c>refusal</c>, <c>reasoning_text</c> or <c>summary_text</c>.</summary>
/// <param name="Type">Which of them.</param>
/// <param name="Text">Its text; null for <c>refusal</c>.</param>
internal sealed record ResponsePart(
    string Type, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Text)
{
    public const string OutputText = "output_text";
    public const string RefusalText = "refusal";
    public const string ReasoningText = "reasoning_text";
    public const string SummaryText = "summary_text";

    /// <summary>Why the model does not answer; <c>refusal</c> only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Refusal { get; init; }

    /// <summary>Always empty; <c>output_text</c> only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Annotations { get; init; } = Type == OutputText ? [] : null;

    /// <summary>Of the tokens, if asked for; <c>output_text</c> only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ResponseLogProb>? Logprobs { get; init; } = Type == OutputText ? [] : null;
}

/// <summary>A token and its log probability, and the most probable tokens in its place.</summary>
/// <param name="Token">Its text.</param>
/// <param name="Bytes">Its text as UTF-8; a token can be a part of a character.</param>
/// <param name="Logprob">The natural logarithm of its probability.</param>
/// <param name="TopLogprobs">The most probable tokens, without such lists of their own.</param>
internal sealed record ResponseLogProb(
    string Token,
    IReadOnlyList<int> Bytes,
    double Logprob,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ResponseLogProb>? TopLogprobs)
{
    public static ResponseLogProb From(TokenLogProbs token) => From(token, [.. token.Top.Select(likely => From(likely, top: null))]);

    private static ResponseLogProb From(TokenLogProbs token, IReadOnlyList<ResponseLogProb>? top) =>
        new(token.Token, [.. token.Bytes.Span], LogProbsJson.Finite(token.LogProb), top);
}
