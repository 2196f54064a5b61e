using Microsoft.ML;
using Microsoft.ML.Runtime;
using RetNet.Extensions.ML.Interop;

namespace RetNet.Extensions.ML.Series;

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
        Func<SeriesTime>? time = columns.TimeReader(cursor);
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

    /// <summary>The values of a series on its steps; NaN where a step has no row.</summary>
    /// <param name="name">The series.</param>
    /// <param name="clock">Places the rows; null where each is the next step.</param>
    /// <param name="place">What errors call the series.</param>
    /// <exception cref="InvalidOperationException">A time does not follow that of the row before.</exception>
    /// <exception cref="ArgumentException">A value is infinite or too large.</exception>
    public double[] Values(string name, SeriesClock? clock, string place)
    {
        Series series = _series[name];
        List<double> values = new(series.Values.Count);
        for (int i = 0; i < series.Values.Count; i++)
        {
            SeriesValue.Require(series.Values[i], place, values.Count);
            values.AddRange(Enumerable.Repeat(double.NaN, clock?.MoveTo(series.Times[i]) ?? 0));
            values.Add(series.Values[i]);
        }

        return [.. values];
    }

    /// <summary>Adds the rows of a series to a live one.</summary>
    public void AddTo(string name, LiveSeries live)
    {
        Series series = _series[name];
        for (int i = 0; i < series.Values.Count; i++)
            live.Add(series.Values[i], series.Times.Count > 0 ? series.Times[i] : default);
    }

    /// <summary>The position of the last row of a series in the data view.</summary>
    public long LastPosition(string name) => _series[name].LastPosition;

    /// <summary>Keeps the values of the series and what is known of them beside.</summary>
    /// <param name="options">Say which seasons the series have.</param>
    /// <exception cref="InvalidOperationException">A time does not follow that of the row before.</exception>
    /// <exception cref="ArgumentException">A value is infinite or too large.</exception>
    public KnownSeries Keep(RetNetSeriesOptions options)
    {
        SeriesGrid grid = SeriesGrid.Infer([.. _series.Values.Select(series => series.Times)], _columns);
        KnownSeries clocks = new(options, grid, new Dictionary<string, SeriesHistory>());
        Dictionary<string, SeriesHistory> histories = [];
        foreach (string name in Names)
        {
            SeriesClock? clock = clocks.ClockOf(name);
            double[] values = Values(name, clock, clocks.PlaceOf(name));
            int[] seasons = options.SeasonsOf(values, grid.IsDate ? grid.Step : default);
            histories.Add(name, new SeriesHistory(
                values, [], values.LongCount(value => !double.IsNaN(value)), seasons, clock?.Place ?? default));
        }

        return new KnownSeries(options, grid, histories);
    }

    private sealed class Series
    {
        public List<double> Values { get; } = [];

        public List<SeriesTime> Times { get; } = [];

        public long LastPosition { get; set; }
    }
}
