using System.Diagnostics.Metrics;

namespace RetNet.Extensions.Core.Generation.Scheduling;

/// <summary>The activity of the schedulers of the process, as instruments of the meter <c>RetNet.Extensions.Generation</c>; each scheduler
/// adds its changes.</summary>
internal static class SchedulerMetrics
{
    private static readonly Meter Meter = new("RetNet.Extensions.Generation");

    /// <summary>Requests that wait for a batch.</summary>
    public static UpDownCounter<long> Queued { get; } = Meter.CreateUpDownCounter<long>(
        "retnet.scheduler.queued", "{request}", "Requests that wait for a batch.");

    /// <summary>Sequences in running batches.</summary>
    public static UpDownCounter<long> Running { get; } = Meter.CreateUpDownCounter<long>(
        "retnet.scheduler.running", "{request}", "Sequences in running batches.");

    /// <summary>Bytes that the states of running batches may grow to.</summary>
    public static UpDownCounter<long> StateBytes { get; } = Meter.CreateUpDownCounter<long>(
        "retnet.scheduler.state", "By", "Bytes that the states of running batches may grow to.");

    /// <summary>Tokens that were fed, prompts and generated ones.</summary>
    public static Counter<long> Tokens { get; } = Meter.CreateCounter<long>(
        "retnet.scheduler.tokens", "{token}", "Tokens that were fed, prompts and generated ones.");
}
