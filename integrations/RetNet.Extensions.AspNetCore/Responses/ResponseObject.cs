using System.Text.Json;

namespace RetNet.Extensions.AspNetCore.Responses;

/// <summary>A response, as <c>/v1/responses</c> has it. What a request set is repeated as it was sent.</summary>
internal sealed record ResponseObject
{
    public const string InProgress = "in_progress";
    public const string Completed = "completed";
    public const string Incomplete = "incomplete";
    public const string Failed = "failed";

    public required string Id { get; init; }

    public string Object { get; init; } = "response";

    /// <summary>Seconds since 1970.</summary>
    public required long CreatedAt { get; init; }

    public string Status { get; init; } = InProgress;

    public bool Background { get; init; }

    public long? CompletedAt { get; init; }

    public ResponseError? Error { get; init; }

    public IncompleteDetails? IncompleteDetails { get; init; }

    public string? Instructions { get; init; }

    public int? MaxOutputTokens { get; init; }

    public int? MaxToolCalls { get; init; }

    public required string Model { get; init; }

    public IReadOnlyList<ResponseItem> Output { get; init; } = [];

    public bool ParallelToolCalls { get; init; } = true;

    public string? PreviousResponseId { get; init; }

    public JsonElement? Reasoning { get; init; }

    public string ServiceTier { get; init; } = "default";

    public bool Store { get; init; } = true;

    public float? Temperature { get; init; }

    public required JsonElement Text { get; init; }

    public required JsonElement ToolChoice { get; init; }

    public IReadOnlyList<JsonElement> Tools { get; init; } = [];

    public int TopLogprobs { get; init; }

    public float? TopP { get; init; }

    public string Truncation { get; init; } = "disabled";

    public ResponseUsage? Usage { get; init; }

    public string? User { get; init; }

    public required JsonElement Metadata { get; init; }
}

/// <summary>Why a response failed.</summary>
internal sealed record ResponseError(string Code, string Message);

/// <summary>Why a response has no end: <c>max_output_tokens</c> or <c>content_filter</c>.</summary>
internal sealed record IncompleteDetails(string Reason);
