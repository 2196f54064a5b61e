namespace RetNet.Extensions.AspNetCore.Telemetry;

/// <summary>The names that OpenTelemetry listens to: <c>metrics.AddMeter([.. RetNetTelemetry.Meters])</c>,
/// <c>traces.AddSource([.. RetNetTelemetry.ActivitySources])</c>.</summary>
public static class RetNetTelemetry
{
    /// <summary>The meter and the activity source of the host.</summary>
    public const string HostName = "RetNet.Extensions.AspNetCore";

    /// <summary>The meters of the host and of the models' schedulers.</summary>
    public static IReadOnlyList<string> Meters { get; } = [HostName, "RetNet.Extensions.Generation"];

    /// <summary>The sources of traces. None of them has the content of a prompt or an answer.</summary>
    public static IReadOnlyList<string> ActivitySources { get; } = [HostName];
}
