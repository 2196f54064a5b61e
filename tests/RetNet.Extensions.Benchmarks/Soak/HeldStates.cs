using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace RetNet.Extensions.Benchmarks.Soak;

/// <summary>The bytes that the schedulers of this process report as held: states by holder, and scratch memory.</summary>
internal sealed class HeldStates : IDisposable
{
    private const string States = "retnet.scheduler.state";
    private const string Scratch = "retnet.scheduler.workspace";

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _bytes = [];

    public HeldStates()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument is { Meter.Name: "RetNet.Extensions.Generation", Name: States or Scratch })
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, bytes, tags, _) =>
        {
            if (tags.IsEmpty)
                _bytes["scratch"] = bytes;
            else
                _bytes.AddOrUpdate((string)tags[0].Value!, bytes, (_, before) => before + bytes);
        });
        _listener.Start();
    }

    /// <summary>All holders together.</summary>
    public long Total
    {
        get
        {
            // Scratch memory is counted when it is asked for.
            _listener.RecordObservableInstruments();
            return _bytes.Values.Sum();
        }
    }

    /// <summary>MB by holder.</summary>
    public override string ToString() =>
        string.Join(", ", _bytes.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key} {pair.Value / 1e6:N0}"));

    public void Dispose() => _listener.Dispose();
}
