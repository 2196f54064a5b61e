using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace RetNet.Extensions.Benchmarks.Soak;

/// <summary>The bytes that the schedulers of this process report as held, by holder.</summary>
internal sealed class HeldStates : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _bytes = [];

    public HeldStates()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument is { Meter.Name: "RetNet.Extensions.Generation", Name: "retnet.scheduler.state" })
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, change, tags, _) =>
            _bytes.AddOrUpdate((string)tags[0].Value!, change, (_, before) => before + change));
        _listener.Start();
    }

    /// <summary>All holders together.</summary>
    public long Total => _bytes.Values.Sum();

    /// <summary>MB by holder.</summary>
    public override string ToString() =>
        string.Join(", ", _bytes.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key} {pair.Value / 1e6:N0}"));

    public void Dispose() => _listener.Dispose();
}
