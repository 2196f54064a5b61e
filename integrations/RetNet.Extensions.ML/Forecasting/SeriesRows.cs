using Microsoft.ML;
using Microsoft.ML.Runtime;
using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.ML.Interop;

namespace RetNet.Extensions.ML.Forecasting;

/// <summary>All rows of a data view with an observation per row, series by series.</summary>
internal sealed class SeriesRows
{
    private readonly Dictionary<string, Series> _series = [];
    private readonly SeriesColumns _columns;

    private SeriesRows(SeriesColumns columns) => _columns = columns;

    /// <summary>The names of the series, in the order of their first rows.</summary>
    public IEnumerable<string> Names => _series.Keys;

    /// <summary>Reads all rows.</summary>
    public static SeriesRows Read(IHost host, IDataView data, SeriesColumns columns)
    {
        SeriesRows rows = new(columns);
        using DataViewRowCursor cursor = data.GetRowCursor(columns.All);
        Func<string> group = columns.GroupReader(cursor);
        Func<double> value = columns.ValueReader(cursor);
        Func<long>? time = columns.TimeReader(cursor);
        while (cursor.MoveNext())
        {
            host.CheckAlive();
            string name = group();
            if (!rows._series.TryGetValue(name, out Series? series))
                rows._series.Add(name, series = new Series());
            series.Values.Add(value());
            if (time is not null)
                series.Times.Add(time());
            series.LastPosition = cursor.Position;
        }

        return rows;
    }

    /// <summary>How far apart the steps are.</summary>
    public StepGrid DetectGrid() => StepGrid.Detect(_series.Values.Select(series => series.Times), _columns.TimeIsDate);

    /// <summary>The values of a series on its steps; NaN where a step has no row.</summary>
    /// <param name="name">The series.</param>
    /// <param name="clock">Places the rows; null where each is the next step.</param>
    /// <exception cref="InvalidOperationException">A time does not follow that of the row before.</exception>
    public double[] Values(string name, SeriesClock? clock)
    {
        Series series = _series[name];
        if (clock is null)
            return [.. series.Values];
        List<double> values = new(series.Values.Count);
        for (int i = 0; i < series.Values.Count; i++)
        {
            values.AddRange(Enumerable.Repeat(double.NaN, clock.MoveTo(series.Times[i])));
            values.Add(series.Values[i]);
        }

        return [.. values];
    }

    /// <summary>The position of the last row of a series in the data view.</summary>
    public long LastPosition(string name) => _series[name].LastPosition;

    /// <summary>Keeps the series, so that they can be continued.</summary>
    /// <param name="forecaster">Reads long series.</param>
    /// <param name="options">Say which seasons the series have.</param>
    public KnownSeries Keep(Forecaster forecaster, RetNetSeriesOptions options)
    {
        StepGrid grid = DetectGrid();
        KnownSeries clocks = new(options, grid, _columns.TimeIsDate, new Dictionary<string, SeriesHistory>());
        Dictionary<string, SeriesHistory> histories = [];
        foreach (string name in Names)
        {
            SeriesClock? clock = clocks.ClockOf(name);
            double[] values = Values(name, clock);
            int[] seasons = options.SeasonsOf(values);
            histories.Add(name, new SeriesHistory(
                values, [], values.LongCount(value => !double.IsNaN(value)), seasons, clock?.Place ?? default));
        }

        return Shorten(new KnownSeries(options, grid, _columns.TimeIsDate, histories), forecaster, histories);
    }

    /// <summary>Replaces the values of long series by states.</summary>
    private static KnownSeries Shorten(KnownSeries known, Forecaster forecaster, Dictionary<string, SeriesHistory> histories)
    {
        List<KeyValuePair<string, SeriesHistory>> changed = [];
        foreach ((string name, SeriesHistory history) in histories)
        {
            if (history.Values.Length <= SeriesHistory.MostValues)
                continue;
            using LiveSeries series = known.Begin(forecaster, name, continues: true);
            changed.Add(KeyValuePair.Create(name, series.ToHistory()));
        }

        return known.With(changed);
    }

    private sealed class Series
    {
        public List<double> Values { get; } = [];

        public List<long> Times { get; } = [];

        public long LastPosition { get; set; }
    }
}
