using System.Collections.Concurrent;

namespace RetNet.Extensions.ML.Series;

/// <summary>The series that a cursor or an engine reads. Safe for concurrent use; calls for one series wait for each other.</summary>
/// <remarks>A forecaster's state is larger than the values of a short series: of many series only those that were used last have one, and
/// the others are begun again from what is kept of them.</remarks>
/// <param name="first">What is known of a series when it is first asked for.</param>
/// <param name="begin">Begins a series.</param>
/// <param name="most">The most series that have a state, apart from those that are in use.</param>
internal sealed class LiveSeriesSet(
    Func<string, SeriesHistory> first, Func<string, SeriesHistory, LiveSeries> begin, int most = LiveSeriesSet.MostLive) : IDisposable
{
    private const int MostLive = 1024;

    private readonly ConcurrentDictionary<string, Entry> _entries = [];
    private int _live;
    private long _uses;

    /// <summary>Whether a series has rows.</summary>
    public bool Has(string name) => _entries.ContainsKey(name) || !first(name).IsEmpty;

    /// <summary>Does something with a series that does not change it. One without rows is forgotten afterwards.</summary>
    public void Read(string name, Action<LiveSeries> action)
    {
        if (Has(name))
        {
            Use(name, action);
            return;
        }

        using LiveSeries series = begin(name, first(name));
        action(series);
    }

    /// <summary>Does something with a series.</summary>
    public void Use(string name, Action<LiveSeries> action)
    {
        Entry entry = _entries.GetOrAdd(name, key => new Entry(first(key)));
        lock (entry)
        {
            entry.LastUse = Interlocked.Increment(ref _uses);
            if (entry.Live is null)
            {
                entry.Live = begin(name, entry.History);
                Interlocked.Increment(ref _live);
            }

            action(entry.Live);
        }

        if (Volatile.Read(ref _live) > most)
            Rest();
    }

    /// <summary>The names of the series that were used.</summary>
    public IEnumerable<string> Names => _entries.Keys;

    /// <summary>What each of them that has rows can be continued from.</summary>
    public IReadOnlyList<KeyValuePair<string, SeriesHistory>> ToHistories()
    {
        List<KeyValuePair<string, SeriesHistory>> histories = [];
        foreach ((string name, Entry entry) in _entries)
        {
            SeriesHistory history;
            lock (entry)
                history = entry.Live?.ToHistory() ?? entry.History;

            // A first row that was refused leaves none.
            if (!history.IsEmpty)
                histories.Add(KeyValuePair.Create(name, history));
        }

        return histories;
    }

    public void Dispose()
    {
        foreach (Entry entry in _entries.Values)
        {
            lock (entry)
                entry.Live?.Dispose();
        }
    }

    /// <summary>Takes the state from a quarter of the series, those that were not used for longest.</summary>
    private void Rest()
    {
        foreach (Entry entry in _entries.Values.Where(entry => entry.Live is not null).OrderBy(entry => entry.LastUse).Take((most / 4) + 1))
        {
            lock (entry)
            {
                if (entry.Live is null)
                    continue;
                entry.History = entry.Live.ToHistory();
                entry.Live.Dispose();
                entry.Live = null;
                Interlocked.Decrement(ref _live);
            }
        }
    }

    private sealed class Entry(SeriesHistory history)
    {
        public SeriesHistory History { get; set; } = history;

        public LiveSeries? Live { get; set; }

        public long LastUse { get; set; }
    }
}
