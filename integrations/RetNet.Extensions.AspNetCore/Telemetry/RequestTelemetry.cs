using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AspNetCore.Errors;
using RetNet.Extensions.AspNetCore.Models;

namespace RetNet.Extensions.AspNetCore.Telemetry;

/// <summary>What is measured of one request.</summary>
/// <param name="server">The instruments.</param>
/// <param name="activity">The trace of the request; null if none is wanted.</param>
/// <param name="operation">What it does.</param>
/// <param name="model">The model that it asks.</param>
internal sealed class RequestTelemetry(ServerTelemetry server, Activity? activity, string operation, ServedModel model)
{
    private const string ErrorType = "error.type";

    private readonly long _start = Stopwatch.GetTimestamp();
    private TimeSpan? _firstToken;
    private long _outputTokens;

    /// <summary>Records how the text is generated.</summary>
    public void Describe(ChatOptions? options)
    {
        if (activity is null)
            return;
        foreach ((string key, object? value) in Tags())
            activity.SetTag(key, value);
        activity.SetTag("gen_ai.request.max_tokens", options?.MaxOutputTokens);
        activity.SetTag("gen_ai.request.temperature", options?.Temperature);
        activity.SetTag("gen_ai.request.top_p", options?.TopP);
        activity.SetTag("gen_ai.request.top_k", options?.TopK);
        activity.SetTag("gen_ai.request.seed", options?.Seed);
        activity.SetTag("gen_ai.request.frequency_penalty", options?.FrequencyPenalty);
        activity.SetTag("gen_ai.request.presence_penalty", options?.PresencePenalty);
    }

    /// <summary>Records that a stream has output; the first one counts.</summary>
    public void Output() => _firstToken ??= Stopwatch.GetElapsedTime(_start);

    /// <summary>Records what the request cost.</summary>
    /// <param name="usage">The tokens; null if they are not known.</param>
    /// <param name="responseId">The id of the answer; null if it has none.</param>
    public void Cost(UsageDetails? usage, string? responseId)
    {
        _outputTokens = usage?.OutputTokenCount ?? 0;
        activity?.SetTag("gen_ai.usage.input_tokens", usage?.InputTokenCount);
        activity?.SetTag("gen_ai.usage.output_tokens", usage?.OutputTokenCount);
        activity?.SetTag("gen_ai.response.id", responseId);
    }

    /// <summary>Records the end.</summary>
    /// <param name="failure">Why the request failed; null if it did not.</param>
    public void End(Exception? failure)
    {
        TimeSpan duration = Stopwatch.GetElapsedTime(_start);
        TagList tags = [.. Tags()];
        if (_firstToken is { } first)
        {
            server.FirstToken.Record(first.TotalSeconds, tags);
            if (_outputTokens > 1 && failure is null)
                server.OutputToken.Record((duration - first).TotalSeconds / (_outputTokens - 1), tags);
        }

        if (failure is not null)
        {
            string kind = Kind(failure);
            tags.Add(ErrorType, kind);
            activity?.SetTag(ErrorType, kind);
            activity?.SetStatus(ActivityStatusCode.Error);
        }

        server.Duration.Record(duration.TotalSeconds, tags);
    }

    private static string Kind(Exception failure) => failure switch
    {
        OpenAIException error => error.Code ?? error.Status.ToString(CultureInfo.InvariantCulture),
        _ => failure.GetType().FullName!,
    };

    private IEnumerable<KeyValuePair<string, object?>> Tags() =>
    [
        new("gen_ai.operation.name", operation),
        new("gen_ai.provider.name", model.Provider),
        new("gen_ai.request.model", model.Id),
        new("gen_ai.response.model", model.Id),
    ];
}
