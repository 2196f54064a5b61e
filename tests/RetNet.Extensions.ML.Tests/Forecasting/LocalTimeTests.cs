using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.ML.Forecasting;

namespace RetNet.Extensions.ML.Tests.Forecasting;

/// <summary>Rows whose days are those of a place: midnight there, which is another day in UTC.</summary>
public sealed class LocalTimeTests
{
    private const int Horizon = 4;

    private static readonly DateTime Summer = new(2024, 3, 31);

    private readonly MLContext _context = new(seed: 1);

    /// <summary>Offsets of winter and summer, and the time of day of the rows, in hours.</summary>
    public static TheoryData<int, int, int> Places => new() { { 1, 2, 0 }, { 0, 1, 0 }, { 1, 1, 0 }, { -5, -4, 20 }, { 12, 13, 6 } };

    [Theory]
    [MemberData(nameof(Places))]
    public void Working_days_are_those_of_the_place(int winter, int summer, int hour)
    {
        List<Sale> rows = Rows(80, winter, summer, hour);
        IDataView data = _context.Data.LoadFromEnumerable(rows);
        using RetNetForecastingTransformer model = Forecast(data, "Instant");
        using RetNetForecastingTransformer days = Forecast(data, "Day");

        float[][] expected = [.. days.Transform(data).GetColumn<float[]>("Forecast")];
        Assert.Equal(ForecastingTests.Expected(rows, Horizon, 5), expected[^1], ForecastingTests.Near);
        Assert.Equal(expected, model.Transform(data).GetColumn<float[]>("Forecast"));
        Assert.Equal(days.TransformLast(data).GetColumn<float[]>("Forecast"), model.TransformLast(data).GetColumn<float[]>("Forecast"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_follows_is_read_alike_and_so_it_is_from_a_saved_model(bool saved)
    {
        List<Sale> rows = Rows(90, 1, 2, 0);
        IDataView first = _context.Data.LoadFromEnumerable(rows.Take(80)), next = _context.Data.LoadFromEnumerable(rows.Skip(80));
        using RetNetForecastingTransformer fitted = Forecast(first, "Instant", continues: true);
        using ModelArchiveFile file = ModelArchiveFile.Save(_context, fitted, first.Schema);
        using RetNetForecastingTransformer loaded = (RetNetForecastingTransformer)file.Load(_context);
        RetNetForecastingTransformer model = saved ? loaded : fitted;
        using RetNetTimeSeriesEngine<Sale, ForecastRow> engine = TinyForecaster.Engine(_context, model);

        float[] expected = ForecastingTests.Expected(rows, Horizon, 5);
        Assert.Equal(expected, model.Transform(next).GetColumn<float[]>("Forecast").Last(), ForecastingTests.Near);
        Assert.Equal(expected, Assert.Single(model.TransformLast(next).GetColumn<float[]>("Forecast")), ForecastingTests.Near);
        foreach (Sale row in rows.Skip(80).SkipLast(1))
            engine.Update(row);
        Assert.Equal(expected, engine.Predict(rows[^1]).Forecast, ForecastingTests.Near);

        Sale saturday = new() { Instant = rows[^1].Instant.AddDays(1) };
        Assert.Contains("2024-05-04 00:00:00 is on a weekend",
            Assert.Throws<InvalidOperationException>(() => engine.Update(saturday)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_step_instants_are_compared()
    {
        // The clock is put back at 03:00.
        DateTime night = new(2024, 10, 27);
        Sale[] rows = [.. Sale.Rows(3)];
        foreach ((int row, double hour, int offset) in ((int, double, int)[])[(0, 1, 2), (1, 2.5, 2), (2, 2, 1)])
            rows[row].Instant = new DateTimeOffset(night.AddHours(hour), TimeSpan.FromHours(offset));
        using RetNetForecastingTransformer model = Forecast(_context.Data.LoadFromEnumerable(rows.Take(1)), "Instant", continues: true);
        using RetNetTimeSeriesEngine<Sale, ForecastRow> engine = TinyForecaster.Engine(_context, model);

        engine.Update(rows[1]);
        engine.Update(rows[2]);

        Assert.Contains("after", Assert.Throws<InvalidOperationException>(() => engine.Update(rows[1])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Anomalies_are_judged_by_the_days_of_the_place()
    {
        IDataView data = _context.Data.LoadFromEnumerable(Rows(60, 1, 2, 0));

        Assert.Equal(Anomalies(data, "Day"), Anomalies(data, "Instant"));
    }

    [Fact]
    public void Instants_of_different_times_of_day_are_those_of_utc()
    {
        // Every 12 hours of UTC, written in the offsets of a place.
        DateTimeOffset start = new(2024, 3, 20, 0, 0, 0, TimeSpan.Zero);
        List<Sale> rows = [.. Sale.Rows(60).Select((row, i) =>
        {
            DateTimeOffset time = start.AddHours(12 * i);
            row.Instant = time.ToOffset(TimeSpan.FromHours(time.DateTime < Summer ? 1 : 2));
            row.Day = time.DateTime;
            return row;
        })];
        IDataView data = _context.Data.LoadFromEnumerable(rows);
        using RetNetForecastingTransformer instants = Forecast(data, "Instant");
        using RetNetForecastingTransformer days = Forecast(data, "Day");

        Assert.Equal(days.Transform(data).GetColumn<float[]>("Forecast"), instants.Transform(data).GetColumn<float[]>("Forecast"));
    }

    /// <summary>Days from Monday to Friday, from 2024-01-01 on, with a season of 5 days.</summary>
    private static List<Sale> Rows(int count, int winter, int summer, int hour) => [.. Enumerable.Range(0, count).Select(i =>
    {
        Sale row = Sale.Of(100 + (20 * Math.Sin(2 * Math.PI * i / 5)) + (0.3 * i), (i / 5 * 7) + (i % 5));
        row.Day = row.Day.AddHours(hour);
        row.Instant = new DateTimeOffset(row.Day, TimeSpan.FromHours(row.Day < Summer ? winter : summer));
        return row;
    })];

    private RetNetForecastingTransformer Forecast(IDataView data, string column, bool continues = false) =>
        _context.Forecasting.ForecastByRetNet("Forecast", "Value", Horizon, "Lower", "Upper", timestampColumnName: column,
            continueSeries: continues, modelPath: TinyForecaster.Path).Fit(data);

    private double[][] Anomalies(IDataView data, string column)
    {
        using RetNetAnomalyTransformer model = _context.Transforms.DetectAnomalyByRetNet(new RetNetAnomalyEstimator.Options
        {
            OutputColumnName = "Anomaly",
            InputColumnName = "Value",
            TimestampColumnName = column,
            ModelPath = TinyForecaster.Path,
        }).Fit(data);
        return [.. model.Transform(data).GetColumn<double[]>("Anomaly")];
    }
}
