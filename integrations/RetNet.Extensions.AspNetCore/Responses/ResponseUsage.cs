using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AspNetCore.Chat;

namespace RetNet.Extensions.AspNetCore.Responses;

/// <summary>The tokens of a response.</summary>
internal sealed record ResponseUsage(
    long InputTokens, InputTokensDetails InputTokensDetails, long OutputTokens, OutputTokensDetails OutputTokensDetails, long TotalTokens)
{
    /// <summary>What only models of this library tell.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public StateUsage? Retnet { get; init; }

    public static ResponseUsage From(UsageDetails usage)
    {
        long input = usage.InputTokenCount ?? 0;
        long output = usage.OutputTokenCount ?? 0;
        return new ResponseUsage(input, new InputTokensDetails(usage.CachedInputTokenCount ?? 0), output,
            new OutputTokensDetails(usage.ReasoningTokenCount ?? 0), usage.TotalTokenCount ?? input + output)
        {
            Retnet = usage.AdditionalCounts?.TryGetValue(ChatJson.StateBytes, out long bytes) == true ? new StateUsage(bytes) : null,
        };
    }
}

/// <param name="CachedTokens">Tokens of the prompt that were not read again.</param>
internal sealed record InputTokensDetails(long CachedTokens);

/// <param name="ReasoningTokens">Tokens of the answer that are reasoning.</param>
internal sealed record OutputTokensDetails(long ReasoningTokens);

/// <param name="StateBytes">The size of what the model remembers.</param>
internal sealed record StateUsage(long StateBytes);
