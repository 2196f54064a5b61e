using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.ML.Forecasting;
using RetNet.Extensions.ML.Series;

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

    [Theory]
    [InlineData("2024-01-01 2024-02-01")]
    [InlineData("2024-07-15 2024-08-15 2024-09-15")]
    [InlineData("2023-01-27 2023-02-27 2023-03-27 2023-04-27 2023-05-27 2023-06-27")]
    [InlineData("2024-11-30 2024-12-31 2025-01-31")]
    [InlineData("2025-01-30 2025-02-28 2025-03-30")]
    [InlineData("2025-01-31 2025-02-28 2025-03-31 2025-04-30 2025-05-30 2025-06-30 2025-07-31 2025-08-29 2025-09-30")]
    [InlineData("2025-01-02 2025-02-03 2025-03-03 2025-04-01 2025-05-01 2025-06-02 2025-07-01 2025-08-01 2025-09-01")]
    [InlineData("9999-10-20 9999-11-20 9999-12-20")]
    public void A_day_of_the_month_is_a_step_of_a_month(string times) => Assert.Equal(new StepGrid(1, InMonths: true), Detect(times));

    [Theory]
    [InlineData("2024-01-01 2024-01-31 2024-03-01 2024-03-31", 30)]
    [InlineData("2024-01-01 2024-01-31 2024-03-31 2024-04-30", 30)]
    [InlineData("2024-01-01 2024-01-29 2024-02-26 2024-03-25", 28)]
    [InlineData("2024-01-01 2024-01-02 2024-02-01 2024-02-02 2024-02-03", 1)]
    public void The_most_frequent_number_of_days_is_a_step_where_months_fit_less(string times, int days) =>
        Assert.Equal(new StepGrid(days * TimeSpan.TicksPerDay, InMonths: false), Detect(times));

    [Theory]
    [InlineData("0001-01-01 9999-12-31 9999-12-31")]
    [InlineData("9999-12-31 0001-01-01 2024-03-01 2024-03-31")]
    [InlineData("2024-01-31 0001-01-01 2024-01-31 9999-12-20")]
    public void Times_at_the_ends_of_the_calendar_have_a_step(string times) => Assert.NotEqual(0, Detect(times).Length);

    [Fact]
    public void The_first_of_January_is_a_step_of_a_year() =>
        Assert.Equal(new StepGrid(12, InMonths: true), Detect("2021-01-01 2022-01-01 2023-01-01 2024-01-01"));

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

    private static StepGrid Detect(string times) =>
        StepGrid.Detect([[.. times.Split(' ').Select(time => DateTime.Parse(time, CultureInfo.InvariantCulture).Ticks)]], isDate: true);

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
