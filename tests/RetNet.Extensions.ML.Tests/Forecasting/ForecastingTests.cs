using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.ML.Forecasting;

namespace RetNet.Extensions.ML.Tests.Forecasting;

public sealed class ForecastingTests
{
    private const int Horizon = 5;

    private readonly MLContext _context = new(seed: 1);

    [Fact]
    public void A_row_shows_the_forecast_of_what_follows_it()
    {
        List<Sale> rows = Sale.Rows(40);
        IDataView data = _context.Data.LoadFromEnumerable(rows);
        using RetNetForecastingTransformer model = Estimator(new() { Horizon = Horizon }).Fit(data);

        float[][] forecasts = [.. model.Transform(data).GetColumn<float[]>("Forecast")];

        Assert.Equal(rows.Count, forecasts.Length);
        foreach (int last in (int[])[0, 1, 6, 7, 8, 20, 39])
            Assert.Equal(Expected(rows.Take(last + 1), Horizon), forecasts[last], Near);
    }

    [Fact]
    public void One_view_is_forecast_where_one_is_asked_for()
    {
        List<Sale> rows = Sale.Rows(30);
        IDataView data = _context.Data.LoadFromEnumerable(rows);
        using RetNetForecastingTransformer model = Estimator(new() { Horizon = Horizon, Views = 1 }).Fit(data);

        float[] expected = [.. TinyForecaster.Model.Forecast(
            [.. rows.Select(row => (double)row.Value)], Horizon, new SeriesOptions { Views = 1 }).Median.ToArray()
            .Select(value => (float)value)];

        // Views of this small model differ little.
        bool Same(float one, float other) => Math.Abs(one - other) <= 1e-5f * Math.Abs(other);
        Assert.NotEqual(expected, Expected(rows, Horizon), Same);
        Assert.Equal(expected, model.Transform(data).GetColumn<float[]>("Forecast").Last(), Same);
        Assert.Equal(expected, model.TransformLast(data).GetColumn<float[]>("Forecast").Single(), Same);
    }

    [Fact]
    public void Bounds_and_quantiles_are_columns_of_their_own()
    {
        List<Sale> rows = Sale.Rows(30);
        IDataView data = _context.Data.LoadFromEnumerable(rows);
        using RetNetForecastingTransformer model = _context.Forecasting.ForecastByRetNet("Forecast", "Value", Horizon, "Lower", "Upper",
            0.9f,
            quantilesColumn: "Quantiles", seasonLengths: [], modelPath: TinyForecaster.Path).Fit(data);

        IDataView transformed = model.Transform(data);
        ForecastRow last = _context.Data.CreateEnumerable<ForecastRow>(transformed, reuseRowObject: false, ignoreMissingColumns: true)
            .Last();

        SeriesForecast expected = TinyForecaster.Model.Forecast([.. rows.Select(row => (double)row.Value)], Horizon);
        Assert.Equal([.. Enumerable.Range(0, Horizon).Select(step => (float)expected.Quantile(step, 0.05))], last.Lower, Near);
        Assert.Equal([.. Enumerable.Range(0, Horizon).Select(step => (float)expected.Quantile(step, 0.95))], last.Upper, Near);
        Assert.Equal([.. expected.Values.ToArray().Select(value => (float)value)], last.Quantiles, Near);
        VBuffer<ReadOnlyMemory<char>> names = default;
        transformed.Schema["Quantiles"].GetSlotNames(ref names);
        Assert.Equal(9 * Horizon, names.Length);
        Assert.Equal("1:0.1", names.GetItemOrDefault(0).ToString());
        Assert.Equal("5:0.9", names.GetItemOrDefault(names.Length - 1).ToString());
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, Horizon), transformed.Schema["Lower"].Type);
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, Horizon, 9), transformed.Schema["Quantiles"].Type);
    }

    [Fact]
    public void Seasons_are_those_that_are_named_or_usual_for_the_time_of_a_step_or_found_in_the_values()
    {
        List<Sale> rows = Sale.Stores(60, "A", "B");
        IDataView data = _context.Data.LoadFromEnumerable(rows);
        float[] Last(string? timestamp, int[]? seasons)
        {
            using RetNetForecastingTransformer model = _context.Forecasting.ForecastByRetNet("Forecast", "Value", Horizon,
                groupColumnName: "Store", timestampColumnName: timestamp, seasonLengths: seasons, modelPath: TinyForecaster.Path).Fit(data);
            float[] last = model.Transform(data).GetColumn<float[]>("Forecast").Last();
            Assert.Equal(last, model.TransformLast(data).GetColumn<float[]>("Forecast").Last(), Near);
            return last;
        }

        List<Sale> store = [.. rows.Where(row => row.Store == "B")];
        Assert.Equal([6], SeriesOptions.DetectSeasons([.. store.Select(row => (double)row.Value)]));
        Assert.Equal(Expected(store, Horizon), Last(null, []), Near);
        Assert.Equal(Expected(store, Horizon, 4, 9), Last("Day", [4, 9]), Near);
        Assert.Equal(Expected(store, Horizon, 7), Last("Day", null), Near);
        Assert.Equal(Expected(store, Horizon, 6), Last(null, null), Near);
    }

    [Fact]
    public void Series_of_a_data_view_are_told_apart_by_a_column_of_any_simple_type()
    {
        List<Sale> rows = Sale.Stores(24, "A", "B");
        IDataView data = _context.Data.LoadFromEnumerable(rows);
        foreach (string column in (string[])["Store", "Number", "Key"])
        {
            IDataView keyed = _context.Transforms.Conversion.MapValueToKey("Key", "Store").Fit(data).Transform(data);
            using RetNetForecastingTransformer model = Estimator(new() { Horizon = Horizon, GroupColumnName = column }).Fit(keyed);

            float[][] forecasts = [.. model.Transform(keyed).GetColumn<float[]>("Forecast")];

            Assert.Equal(Expected(rows.Where(row => row.Store == "A"), Horizon), forecasts[^2], Near);
            Assert.Equal(Expected(rows.Where(row => row.Store == "B"), Horizon), forecasts[^1], Near);
        }
    }

    [Fact]
    public void A_row_whose_key_is_missing_belongs_to_no_series()
    {
        IDataView data = _context.Data.LoadFromEnumerable(Sale.Stores(24, "A", "B"));
        ITransformer keys = _context.Transforms.Conversion.MapValueToKey("Key", "Store").Fit(
            _context.Data.LoadFromEnumerable(Sale.Rows(24)));
        RetNetForecastingEstimator estimator = Estimator(new() { Horizon = Horizon, GroupColumnName = "Key" });
        using RetNetForecastingTransformer model = estimator.Fit(keys.Transform(_context.Data.LoadFromEnumerable(Sale.Rows(24))));

        foreach (Action read in (Action[])[() => estimator.Fit(keys.Transform(data)),
                     () => model.Transform(keys.Transform(data)).GetColumn<float[]>("Forecast").ToArray(),
                     () => model.TransformLast(keys.Transform(data)).GetColumn<float[]>("Forecast").ToArray()])
        {
            Assert.StartsWith("Group column 'Key', row 1: the key is missing",
                Assert.Throws<InvalidOperationException>(read).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Columns_of_doubles_give_columns_of_doubles()
    {
        List<Sale> rows = Sale.Rows(30, level: 1e7);
        IDataView data = _context.Data.LoadFromEnumerable(rows);
        using RetNetForecastingTransformer model = Estimator(new() { Horizon = Horizon, InputColumnName = "Precise" }).Fit(data);

        double[] last = model.Transform(data).GetColumn<double[]>("Forecast").Last();

        SeriesForecast expected = TinyForecaster.Model.Forecast([.. rows.Select(row => row.Precise)], Horizon);
        Assert.All(last.Zip(expected.Median.ToArray()), pair => Assert.Equal(pair.Second, pair.First, 0.01));
    }

    [Fact]
    public void Missing_values_are_read_as_missing()
    {
        List<Sale> rows = Sale.Rows(30);
        foreach (int day in (int[])[0, 1, 12, 29])
            rows[day].Value = float.NaN;
        IDataView data = _context.Data.LoadFromEnumerable(rows);
        using RetNetForecastingTransformer model = Estimator(new() { Horizon = Horizon }).Fit(data);

        float[][] forecasts = [.. model.Transform(data).GetColumn<float[]>("Forecast")];

        Assert.All(forecasts[..2], forecast => Assert.All(forecast, value => Assert.True(float.IsNaN(value))));
        Assert.Equal(Expected(rows, Horizon), forecasts[^1], Near);
        Assert.All(forecasts[2..], forecast => Assert.DoesNotContain(float.NaN, forecast));
    }

    [Fact]
    public void Test_data_continue_the_training_data_when_they_are_said_to()
    {
        List<Sale> rows = Sale.Stores(40, "A", "B");
        IDataView training = _context.Data.LoadFromEnumerable(rows.Take(60));
        IDataView test = _context.Data.LoadFromEnumerable(rows.Skip(60));
        RetNetForecastingEstimator.Options options = new() { Horizon = Horizon, GroupColumnName = "Store", ContinueSeries = true };
        using RetNetForecastingTransformer model = Estimator(options).Fit(training);

        float[] last = model.Transform(test).GetColumn<float[]>("Forecast").Last();

        Assert.Equal(Expected(rows.Where(row => row.Store == "B"), Horizon), last, Near);
    }

    [Fact]
    public void A_long_series_is_continued_from_a_state()
    {
        List<Sale> rows = Sale.Rows(5000);
        RetNetForecastingEstimator.Options options = new() { Horizon = Horizon, ContinueSeries = true };
        using RetNetForecastingTransformer model = Estimator(options).Fit(_context.Data.LoadFromEnumerable(rows.Take(4990)));

        float[] last = model.Transform(_context.Data.LoadFromEnumerable(rows.Skip(4990))).GetColumn<float[]>("Forecast").Last();

        Assert.Equal(Expected(rows, Horizon), last, Near);
    }

    [Fact]
    public void A_horizon_beyond_what_the_model_predicts_at_once_is_continued()
    {
        List<Sale> rows = Sale.Rows(30);
        IDataView data = _context.Data.LoadFromEnumerable(rows);
        using RetNetForecastingTransformer model = Estimator(new() { Horizon = 100 }).Fit(data);

        Assert.Equal(Expected(rows, 100), model.Transform(data).GetColumn<float[]>("Forecast").Last(), Near);
    }

    [Fact]
    public void A_series_that_never_changed_stays_as_it_is()
    {
        IDataView data = _context.Data.LoadFromEnumerable(Enumerable.Range(0, 20).Select(i => Sale.Of(7, i)));
        using RetNetForecastingTransformer model = Estimator(
            new() { Horizon = Horizon, ConfidenceLowerBoundColumn = "Lower" }).Fit(data);

        IDataView transformed = model.Transform(data);

        Assert.All(transformed.GetColumn<float[]>("Forecast"), forecast => Assert.All(forecast, value => Assert.Equal(7, value)));
        Assert.All(transformed.GetColumn<float[]>("Lower"), forecast => Assert.All(forecast, value => Assert.Equal(7, value)));
    }

    [Fact]
    public void Data_without_rows_are_no_error()
    {
        IDataView data = _context.Data.LoadFromEnumerable(Array.Empty<Sale>());
        using RetNetForecastingTransformer model = Estimator(new() { Horizon = Horizon, TimestampColumnName = "Day" }).Fit(data);

        Assert.Empty(model.Transform(data).GetColumn<float[]>("Forecast"));
        List<Sale> rows = Sale.Rows(20);
        Assert.Equal(Expected(rows, Horizon),
            model.Transform(_context.Data.LoadFromEnumerable(rows)).GetColumn<float[]>("Forecast").Last(), Near);
    }

    [Fact]
    public void Cursors_know_nothing_of_each_other_and_read_only_what_is_asked_for()
    {
        List<Sale> rows = Sale.Stores(12, "A", "B");
        CountedView data = new(_context.Data.LoadFromEnumerable(rows));
        using RetNetForecastingTransformer model = Estimator(new() { Horizon = Horizon, GroupColumnName = "Store" }).Fit(data);
        Assert.Equal(["Value", "Store"], data.Columns);
        data.Columns.Clear();
        IDataView transformed = model.Transform(data);

        Assert.Equal(rows.Select(row => row.Value), transformed.GetColumn<float>("Value"));
        Assert.Equal(["Value"], data.Columns);
        float[][] first = [.. transformed.GetColumn<float[]>("Forecast")];
        Parallel.For(0, 4, _ => Assert.Equal(first, transformed.GetColumn<float[]>("Forecast")));
        Assert.Equal(first, _context.Data.Cache(transformed).GetColumn<float[]>("Forecast"));
        Assert.Equal(first, _context.Data.ShuffleRows(transformed, seed: 1).GetColumn<float[]>("Forecast").Order(
            Comparer<float[]>.Create((one, other) => Array.IndexOf(first, first.First(one.SequenceEqual))
                .CompareTo(Array.IndexOf(first, first.First(other.SequenceEqual))))));
        DataViewRowCursor cursor = Assert.Single(transformed.GetRowCursorSet(transformed.Schema, 4));
        cursor.Dispose();
        Assert.False(transformed.CanShuffle);
        Assert.Equal(5, transformed.Preview(maxRows: 5).RowView.Length);
    }

    [Fact]
    public void The_stages_before_and_behind_see_its_columns()
    {
        IDataView data = _context.Data.LoadFromEnumerable(Sale.Rows(20));
        IEstimator<ITransformer> pipeline = _context.Transforms.CopyColumns("Copy", "Value")
            .Append(Estimator(new() { Horizon = Horizon, InputColumnName = "Copy", QuantilesColumn = "Quantiles" }))
            .AppendCacheCheckpoint(_context)
            .Append(_context.Transforms.Concatenate("All", "Forecast", "Quantiles"));

        ITransformer model = pipeline.Fit(data);

        using IDisposable disposed = (IDisposable)model;
        Assert.All(model.Transform(data).GetColumn<float[]>("All"), vector => Assert.Equal(10 * Horizon, vector.Length));
        Assert.False(model.IsRowToRowMapper);
    }

    internal static float[] Expected(IEnumerable<Sale> rows, int horizon, params int[] seasons) =>
    [
        .. TinyForecaster.Model.Forecast([.. rows.Select(row => (double)row.Value)], horizon, new SeriesOptions { SeasonLengths = seasons })
            .Median.ToArray().Select(value => (float)value),
    ];

    internal static bool Near(float one, float other) => one.Equals(other) || Math.Abs(one - other) <= 1e-4f * Math.Abs(other);

    private RetNetForecastingEstimator Estimator(RetNetForecastingEstimator.Options options)
    {
        options.OutputColumnName = "Forecast";
        options.InputColumnName ??= "Value";
        options.SeasonLengths ??= [];
        options.ModelPath = TinyForecaster.Path;
        return _context.Forecasting.ForecastByRetNet(options);
    }
}
