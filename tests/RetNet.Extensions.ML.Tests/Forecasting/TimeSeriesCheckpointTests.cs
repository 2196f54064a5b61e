using Microsoft.ML;
using RetNet.Extensions.ML.Forecasting;

namespace RetNet.Extensions.ML.Tests.Forecasting;

/// <summary>What an engine knows of its series, saved and read again.</summary>
public sealed class TimeSeriesCheckpointTests
{
    private const int Horizon = TinyForecaster.Horizon;

    private readonly MLContext _context = new(seed: 1);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_checkpoint_goes_on_where_the_engine_was(bool toFile)
    {
        List<Sale> rows = Sale.Stores(30, "A", "B");
        IEstimator<ITransformer> pipeline = _context.Transforms.CopyColumns("Copy", "Value").Append(_context.Forecasting.ForecastByRetNet(
                "Forecast", "Copy", Horizon, groupColumnName: "Store", timestampColumnName: "Day", seasonLengths: [],
                modelPath: TinyForecaster.Path))
            .Append(_context.Transforms.CopyColumns("Lower", "Forecast")).Append(_context.Transforms.CopyColumns("Upper", "Forecast"));
        ITransformer model = pipeline.Fit(_context.Data.LoadFromEnumerable(rows.Take(20)));
        using IDisposable disposed = (IDisposable)model;
        using ModelArchiveFile file = new();
        using MemoryStream stream = new();
        ForecastRow expected;
        using (RetNetTimeSeriesEngine<Sale, ForecastRow> engine = TinyForecaster.Engine(_context, model))
        {
            foreach (Sale row in rows.Skip(20).Take(30))
                engine.Update(row);
            if (toFile)
                engine.CheckPoint(_context, file.Path);
            else
                engine.CheckPoint(_context, stream);
            foreach (Sale row in rows.Skip(50))
                engine.Update(row);
            expected = engine.PredictSeries("B");
        }

        stream.Position = 0;
        ITransformer loaded = toFile ? file.Load(new MLContext()) : new MLContext().Model.Load(stream, out _);
        using IDisposable loadedToo = (IDisposable)loaded;
        using RetNetTimeSeriesEngine<Sale, ForecastRow> second = TinyForecaster.Engine(_context, loaded);
        foreach (Sale row in rows.Skip(50))
            second.Update(row);

        Assert.Equal(expected.Forecast, second.PredictSeries("B").Forecast, ForecastingTests.Near);
        Assert.Equal(expected.Forecast, second.PredictSeries("B").Upper, ForecastingTests.Near);
        Assert.Equal(ForecastingTests.Expected(rows.Where(row => row.Store == "B"), Horizon), expected.Forecast, ForecastingTests.Near);
        Assert.Contains("comes after", Assert.Throws<InvalidOperationException>(() => second.Update(rows[3])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Many_observations_of_one_series_are_saved_as_a_state()
    {
        using RetNetForecastingTransformer model = TinyForecaster.Estimator(_context).Fit(_context.Data.LoadFromEnumerable(Sale.Rows(10)));
        using ModelArchiveFile small = new(), large = new();
        List<Sale> rows = Sale.Rows(30_000);
        using RetNetTimeSeriesEngine<Sale, ForecastRow> engine = TinyForecaster.Engine(_context, model);
        foreach (Sale row in rows.Skip(10).Take(6000))
            engine.Update(row);
        engine.CheckPoint(_context, small.Path);
        foreach (Sale row in rows.Skip(6010))
            engine.Update(row);
        engine.CheckPoint(_context, large.Path);

        Assert.Equal(small.Read("series.bin").Length, large.Read("series.bin").Length);
        using IDisposable loaded = (IDisposable)large.Load(_context);
        using RetNetTimeSeriesEngine<Sale, ForecastRow> second = TinyForecaster.Engine(_context, (ITransformer)loaded);
        Assert.Equal(engine.Predict().Forecast, second.Predict().Forecast, ForecastingTests.Near);
    }

    [Fact]
    public void A_checkpoint_has_the_series_that_have_rows()
    {
        List<Sale> rows = Sale.Stores(20, "A", "B");
        using RetNetForecastingTransformer model = TinyForecaster.Estimator(_context, "Store").Fit(_context.Data.LoadFromEnumerable(rows));
        using ModelArchiveFile before = new(), after = new();
        using RetNetTimeSeriesEngine<Sale, ForecastRow> engine = TinyForecaster.Engine(_context, model);
        engine.PredictSeries("A");
        engine.CheckPoint(_context, before.Path);

        Assert.Throws<ArgumentException>(() => engine.PredictSeries("typo"));
        engine.CheckPoint(_context, after.Path);

        Assert.Equal(before.Read("series.bin"), after.Read("series.bin"));
    }
}
