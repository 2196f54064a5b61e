using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.ML.Forecasting;

namespace RetNet.Extensions.ML.Tests.Forecasting;

/// <summary>A whole series per row.</summary>
public sealed class WideSeriesTests
{
    private const int Horizon = 5;

    private readonly MLContext _context = new(seed: 1);

    private static WideRow[] Rows => [.. Enumerable.Range(0, 30).Select(i => new WideRow
    {
        Name = $"{i}",
        Values = [.. Sale.Rows(10 + (3 * i)).Select(sale => sale.Value)],
        Doubles = [.. Sale.Rows(10).Select(sale => sale.Precise)],
    })];

    [Fact]
    public void Each_row_is_forecast_by_itself_whatever_its_length()
    {
        WideRow[] rows = Rows;
        IDataView data = _context.Data.LoadFromEnumerable(rows);
        using RetNetForecastingTransformer model = Estimator("Values").Fit(data);

        float[][] forecasts = [.. model.Transform(data).GetColumn<float[]>("Forecast")];

        Assert.All(rows.Zip(forecasts), pair => Assert.Equal(Expected(pair.First.Values), pair.Second, ForecastingTests.Near));
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, Horizon), model.GetOutputSchema(data.Schema)["Forecast"].Type);
    }

    [Fact]
    public void Vectors_of_known_size_and_of_doubles_are_series_too()
    {
        IDataView data = _context.Data.LoadFromEnumerable(Rows);
        using RetNetForecastingTransformer model = Estimator("Doubles").Fit(data);

        Assert.All(model.Transform(data).GetColumn<double[]>("Forecast"), forecast => Assert.All(
            forecast.Zip(Expected(Rows[0].Values[..10])), pair => Assert.Equal(pair.Second, pair.First, 1e-3 * Math.Abs(pair.First))));
    }

    [Fact]
    public void Rows_without_values_are_forecast_as_missing()
    {
        WideRow[] rows =
        [
            new() { Values = [] }, new() { Values = [float.NaN, float.NaN] }, new() { Values = [3] }, new() { Values = [3, float.NaN, 4] },
        ];
        IDataView data = _context.Data.LoadFromEnumerable(rows);
        using RetNetForecastingTransformer model = Estimator("Values").Fit(data);

        float[][] forecasts = [.. model.Transform(data).GetColumn<float[]>("Forecast")];

        Assert.All(forecasts[..2], forecast => Assert.Equal(Enumerable.Repeat(float.NaN, Horizon), forecast));
        Assert.Equal(Enumerable.Repeat(3f, Horizon), forecasts[2]);
        Assert.Equal(Expected([3, float.NaN, 4]), forecasts[3], ForecastingTests.Near);
    }

    [Fact]
    public void A_prediction_engine_forecasts_a_series_at_once()
    {
        IDataView data = _context.Data.LoadFromEnumerable(Rows);
        RetNetForecastingTransformer model = Estimator("Values").Fit(data);
        using PredictionEngine<WideRow, ForecastRow> engine = _context.Model.CreatePredictionEngine<WideRow, ForecastRow>(model);

        Assert.Equal(Expected(Rows[3].Values), engine.Predict(Rows[3]).Forecast, ForecastingTests.Near);
        Assert.Equal(Expected(Rows[7].Values), engine.Predict(Rows[7]).Forecast, ForecastingTests.Near);
    }

    [Theory]
    [InlineData("Name", null)]
    [InlineData(null, "Name")]
    public void Columns_of_long_data_do_not_fit(string? group, string? timestamp)
    {
        IDataView data = _context.Data.LoadFromEnumerable(Rows);
        RetNetForecastingEstimator estimator = _context.Forecasting.ForecastByRetNet(
            "Forecast", "Values", Horizon, groupColumnName: group, timestampColumnName: timestamp, modelPath: TinyForecaster.Path);

        Assert.Contains("Name; expected null where a row holds a whole series",
            Assert.Throws<ArgumentException>(() => estimator.Fit(data)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_of_wide_data_refuses_long_data_and_the_other_way_round()
    {
        IDataView wide = _context.Data.LoadFromEnumerable(Rows);
        IDataView rows = _context.Data.LoadFromEnumerable(Sale.Rows(5));
        using RetNetForecastingTransformer ofWide = Estimator("Values").Fit(wide);
        using RetNetForecastingTransformer ofLong = Estimator("Value").Fit(rows);

        Assert.Contains("input column 'Values': expected a vector of Single or Double, got Single",
            Assert.Throws<ArgumentOutOfRangeException>(
            () => ofWide.Transform(_context.Transforms.CopyColumns("Values", "Value").Fit(rows).Transform(rows))).Message,
            StringComparison.Ordinal);
        Assert.Contains("input column 'Value': expected Single or Double, got Vec", Assert.Throws<ArgumentOutOfRangeException>(
            () => ofLong.Transform(_context.Transforms.CopyColumns("Value", "Values").Fit(wide).Transform(wide))).Message,
            StringComparison.Ordinal);
    }

    private static float[] Expected(float[] values) =>
        [.. TinyForecaster.Model.Forecast([.. values.Select(value => (double)value)],
            Horizon).Median.ToArray().Select(value => (float)value)];

    private RetNetForecastingEstimator Estimator(string column) => _context.Forecasting.ForecastByRetNet(
        "Forecast", column, Horizon, seasonLengths: [], modelPath: TinyForecaster.Path);
}
