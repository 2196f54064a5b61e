using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.ML.Forecasting;

namespace RetNet.Extensions.ML.Tests.Forecasting;

/// <summary>What the times of rows say of the steps of a series.</summary>
public sealed class TimestampTests
{
    private const int Horizon = 4;

    private readonly MLContext _context = new(seed: 1);

    [Theory]
    [InlineData("Day")]
    [InlineData("Instant")]
    [InlineData("Index")]
    public void Steps_without_a_row_are_missing_values(string column)
    {
        List<Sale> rows = Sale.Rows(40);
        int[] absent = [5, 17, 18, 33];
        List<Sale> known = [.. rows.Where((_, i) => !absent.Contains(i))];
        IDataView data = _context.Data.LoadFromEnumerable(known.Select(row => new Timed(row, (long)(row.Day - rows[0].Day).TotalDays)));
        List<Sale> missing = [.. rows.Select((row, i) => absent.Contains(i) ? Sale.Of(double.NaN, i) : row)];

        Assert.Equal(ForecastingTests.Expected(missing, Horizon), Last(data, column), ForecastingTests.Near);
    }

    [Fact]
    public void Months_are_steps_whatever_their_lengths()
    {
        List<Sale> rows = [.. Sale.Rows(60).Where((_, i) => i is not (13 or 14))];
        foreach ((DateTime first, int months) in ((DateTime, int)[])[
            (new DateTime(2020, 1, 1), 1), (new DateTime(2020, 1, 31), 1), (new DateTime(2019, 11, 30, 23, 59, 0), 3),
            (new DateTime(2000, 12, 31), 12)])
        {
            IDataView data = _context.Data.LoadFromEnumerable(rows.Select(row =>
            {
                Sale moved = Sale.Of(row.Value, 0);
                int step = (int)(row.Day - new DateTime(2024, 1, 1)).TotalDays;
                moved.Day = first.AddMonths(months * step);
                return moved;
            }));
            List<Sale> missing = [.. Sale.Rows(60).Select((row, i) => i is 13 or 14 ? Sale.Of(double.NaN, i) : row)];

            Assert.Equal(ForecastingTests.Expected(missing, Horizon), Last(data, "Day"), ForecastingTests.Near);
        }
    }

    [Theory]
    [InlineData(30)]
    [InlineData(29)]
    [InlineData(31)]
    [InlineData(91)]
    [InlineData(364)]
    public void Days_are_steps_though_they_are_nearly_months(int days)
    {
        List<Sale> all = Sale.Rows(60);
        List<Sale> missing = [.. all.Select((row, i) => i == 7 ? Sale.Of(double.NaN, i) : row)];
        IDataView data = _context.Data.LoadFromEnumerable(all.Where((_, i) => i != 7).Select(row =>
        {
            Sale moved = Sale.Of(row.Value, 0);
            int step = (int)(row.Day - new DateTime(2024, 1, 1)).TotalDays;
            moved.Day = new DateTime(2020, 1, 1).AddDays(days * step) + TimeSpan.FromHours(step % 9 == 4 ? 5 : 0);
            return moved;
        }));

        Assert.Equal(ForecastingTests.Expected(missing, Horizon), Last(data, "Day"), ForecastingTests.Near);
    }

    [Fact]
    public void Rows_that_lie_beside_the_grid_belong_to_the_nearest_step()
    {
        List<Sale> rows = Sale.Rows(30);
        foreach (int i in (int[])[3, 10, 11])
            rows[i].Day += TimeSpan.FromHours(i == 10 ? -7 : 9);
        IDataView data = _context.Data.LoadFromEnumerable(rows);

        Assert.Equal(ForecastingTests.Expected(rows, Horizon), Last(data, "Day"), ForecastingTests.Near);
    }

    [Fact]
    public void Rows_of_each_morning_are_steps_of_a_day()
    {
        List<Sale> rows = Sale.Rows(200);
        Random random = new(7);
        foreach (Sale row in rows)
            row.Day += TimeSpan.FromMinutes(540 + random.Next(-90, 91));
        List<Sale> missing = [.. rows.Select((row, i) => i == 50 ? Sale.Of(double.NaN, i) : row)];

        Assert.Equal(ForecastingTests.Expected(missing, Horizon),
            Last(_context.Data.LoadFromEnumerable(rows.Where((_, i) => i != 50)), "Day"), ForecastingTests.Near);
    }

    [Fact]
    public void Days_from_Monday_to_Friday_are_steps_without_a_weekend()
    {
        List<Sale> rows = WorkingDays(30);
        List<Sale> missing = [.. rows.Select((row, i) => i == 12 ? Sale.Of(double.NaN, i) : row)];
        IDataView data = _context.Data.LoadFromEnumerable(rows.Where((_, i) => i != 12));
        using RetNetForecastingTransformer model = Fit(data);
        using ModelArchiveFile file = ModelArchiveFile.Save(_context, model, data.Schema);
        using IDisposable loaded = (IDisposable)file.Load(_context);

        Assert.Equal(ForecastingTests.Expected(missing, Horizon), Last(data, "Day"), ForecastingTests.Near);
        foreach (ITransformer each in (ITransformer[])[model, (ITransformer)loaded])
        {
            using RetNetTimeSeriesEngine<Sale, ForecastRow> engine =
                each.CreateRetNetTimeSeriesEngine<Sale, ForecastRow>(_context, ignoreMissingColumns: true);
            Sale saturday = Sale.Of(1, 40), monday = Sale.Of(7, 42);
            Exception exception = Assert.Throws<InvalidOperationException>(() => engine.Update(saturday));

            Assert.Contains("2024-02-10 00:00:00 is on a weekend", exception.Message, StringComparison.Ordinal);
            Assert.Equal(ForecastingTests.Expected([.. missing, monday], Horizon), engine.Predict(monday).Forecast, ForecastingTests.Near);
        }
    }

    [Fact]
    public void The_usual_season_is_that_of_the_step_where_the_series_holds_it()
    {
        Random random = new(5);
        List<Sale> week = [.. Enumerable.Range(0, 40).Select(i => Sale.Of((30 * Math.Sin(Math.PI * i / 2)) + random.NextDouble(), i))];
        IDataView weeks = _context.Data.LoadFromEnumerable(week.Select((row, i) => Sale.Of(row.Value, 7 * i)));
        IDataView workingDays = _context.Data.LoadFromEnumerable(WorkingDays(30));

        Assert.Equal(ForecastingTests.Expected(week, Horizon, 4), LastWithSeasons(weeks), ForecastingTests.Near);
        Assert.Equal(ForecastingTests.Expected(WorkingDays(30), Horizon, 5), LastWithSeasons(workingDays), ForecastingTests.Near);
    }

    [Fact]
    public void Rows_in_descending_order_are_refused()
    {
        List<Sale> rows = Sale.Rows(20);
        (rows[8], rows[9]) = (rows[9], rows[8]);

        Exception exception = Assert.Throws<InvalidOperationException>(() => Last(_context.Data.LoadFromEnumerable(rows), "Day"));

        Assert.Contains("Timestamp column 'Day'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("2024-01-09 00:00:00 comes after 2024-01-10 00:00:00", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_rows_in_one_step_are_refused_and_their_series_is_named()
    {
        List<Sale> rows = Sale.Stores(20, "A", "B");
        rows[21].Day = rows[19].Day;
        IDataView data = _context.Data.LoadFromEnumerable(rows);
        RetNetForecastingEstimator estimator = _context.Forecasting.ForecastByRetNet("Forecast", "Value", Horizon, groupColumnName: "Store",
            timestampColumnName: "Day", modelPath: TinyForecaster.Path);

        Exception exception = Assert.Throws<InvalidOperationException>(() => estimator.Fit(data));

        Assert.Contains("series 'B' of column 'Store': 2024-01-10 00:00:00 is in the same step as 2024-01-10", exception.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Test_data_that_do_not_follow_are_refused()
    {
        IDataView data = _context.Data.LoadFromEnumerable(Sale.Rows(20));
        using RetNetForecastingTransformer model = _context.Forecasting.ForecastByRetNet("Forecast", "Value", Horizon,
            timestampColumnName: "Day", continueSeries: true, modelPath: TinyForecaster.Path).Fit(data);

        Exception exception = Assert.Throws<InvalidOperationException>(
            () => model.Transform(data).GetColumn<float[]>("Forecast").Count());

        Assert.Contains("2024-01-01 00:00:00 comes after 2024-01-20", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gap_that_must_be_a_mistake_is_refused()
    {
        List<Sale> rows = Sale.Rows(20);
        rows[19].Day = new DateTime(9999, 1, 1);

        Exception exception = Assert.Throws<InvalidOperationException>(() => Last(_context.Data.LoadFromEnumerable(rows), "Day"));

        Assert.Contains("expected at most 100000 missing steps", exception.Message, StringComparison.Ordinal);
    }

    private static List<Sale> WorkingDays(int count) => [.. Sale.Rows(count).Select((row, i) => Sale.Of(row.Value, (i / 5 * 7) + (i % 5)))];

    private RetNetForecastingTransformer Fit(IDataView data) => _context.Forecasting.ForecastByRetNet("Forecast", "Value", Horizon,
        timestampColumnName: "Day", seasonLengths: [], modelPath: TinyForecaster.Path).Fit(data);

    private float[] LastWithSeasons(IDataView data)
    {
        using RetNetForecastingTransformer model = _context.Forecasting.ForecastByRetNet("Forecast", "Value", Horizon,
            timestampColumnName: "Day", modelPath: TinyForecaster.Path).Fit(data);
        return model.Transform(data).GetColumn<float[]>("Forecast").Last();
    }

    private float[] Last(IDataView data, string column)
    {
        using RetNetForecastingTransformer model = _context.Forecasting.ForecastByRetNet("Forecast", "Value", Horizon,
            timestampColumnName: column, seasonLengths: [], modelPath: TinyForecaster.Path).Fit(data);
        return model.Transform(data).GetColumn<float[]>("Forecast").Last();
    }

    private sealed class Timed(Sale sale, long index)
    {
        public float Value { get; set; } = sale.Value;

        public DateTime Day { get; set; } = sale.Day;

        public DateTimeOffset Instant { get; set; } = sale.Instant;

        public long Index { get; set; } = 5 * index;
    }
}
