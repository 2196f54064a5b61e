using System.Collections.Concurrent;

namespace RetNet.Extensions.ML.Series;

/// <summary>The series that a cursor or an engine reads, each begun when it is first asked for. Safe for concurrent use; a series by itself
/// is not.</summary>
/// <param name="begin">Begins a series.</param>
internal sealed class LiveSeriesSet(Func<string, LiveSeries> begin) : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<LiveSeries>> _series = [];

    /// <summary>The series of a name.</summary>
    public LiveSeries this[string name] => _series.GetOrAdd(name, key => new Lazy<LiveSeries>(() => begin(key))).Value;

    /// <summary>What each of them can be continued from.</summary>
    public IReadOnlyList<KeyValuePair<string, SeriesHistory>> ToHistories()
    {
        List<KeyValuePair<string, SeriesHistory>> histories = [];
        foreach ((string name, Lazy<LiveSeries> series) in _series)
        {
            lock (series.Value)
                histories.Add(KeyValuePair.Create(name, series.Value.ToHistory()));
        }

        return histories;
    }

    public void Dispose()
    {
        foreach (Lazy<LiveSeries> series in _series.Values)
        {
            if (series.IsValueCreated)
                series.Value.Dispose();
        }
    }
}
