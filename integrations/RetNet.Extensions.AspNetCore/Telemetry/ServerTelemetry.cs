using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AspNetCore.Models;

namespace RetNet.Extensions.AspNetCore.Telemetry;

/// <summary>The metrics and traces of the requests that reach a model, by OpenTelemetry's conventions for servers of generative
/// AI.</summary>
internal sealed class ServerTelemetry : IDisposable
{
    /// <summary>Answers to chats.</summary>
    public const string Chat = "chat";

    /// <summary>Continuations of texts.</summary>
    public const string TextCompletion = "text_completion";

    /// <summary>Vectors of texts.</summary>
    public const string Embeddings = "embeddings";

    private static readonly double[] DurationBounds =
        [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];

    private static readonly double[] FirstTokenBounds =
        [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    // The conventions begin at 0.01; small models on a CPU are faster.
    private static readonly double[] TokenBounds =
        [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5];

    private readonly ActivitySource _source = new(RetNetTelemetry.HostName);

    public ServerTelemetry(IMeterFactory meters)
    {
        Meter meter = meters.Create(RetNetTelemetry.HostName);
        Duration = Create(meter, "gen_ai.server.request.duration", "Time of a request.", DurationBounds);
        FirstToken = Create(meter, "gen_ai.server.time_to_first_token", "Time until the first token of a stream.", FirstTokenBounds);
        OutputToken = Create(meter, "gen_ai.server.time_per_output_token", "Time per token after the first one of a stream.", TokenBounds);
    }

    public Histogram<double> Duration { get; }

    public Histogram<double> FirstToken { get; }

    public Histogram<double> OutputToken { get; }

    /// <summary>Measures a request.</summary>
    /// <param name="operation">What it does: one of the constants.</param>
    /// <param name="model">The model that it asks.</param>
    /// <param name="options">How a text is generated; null for embeddings.</param>
    /// <param name="answer">Answers the request.</param>
    public async Task MeasureAsync(string operation, ServedModel model, ChatOptions? options, Func<RequestTelemetry, Task> answer)
    {
        using Activity? activity = _source.StartActivity($"{operation} {model.Id}");
        RequestTelemetry request = new(this, activity, operation, model);
        request.Describe(options);
        try
        {
            await answer(request).ConfigureAwait(false);
            request.End(null);
        }
        catch (Exception exception)
        {
            request.End(exception);
            throw;
        }
    }

    public void Dispose() => _source.Dispose();

    private static Histogram<double> Create(Meter meter, string name, string description, double[] bounds) => meter.CreateHistogram(
        name, "s", description, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = bounds });
}
