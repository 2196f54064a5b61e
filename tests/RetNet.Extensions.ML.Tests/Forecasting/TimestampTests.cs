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
