using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.ML.Forecasting;
using RetNet.Extensions.ML.Series;

namespace RetNet.Extensions.ML.Tests.Forecasting;

public sealed class TimeSeriesEngineTests
{
    private const int Horizon = TinyForecaster.Horizon;

    private readonly MLContext _context = new(seed: 1);

    [Fact]
    public void It_goes_on_behind_the_rows_of_the_training_data()
    {
        List<Sale> rows = Sale.Rows(40);
        using RetNetForecastingTransformer model = TinyForecaster.Estimator(_context).Fit(_context.Data.LoadFromEnumerable(rows.Take(30)));
        using RetNetTimeSeriesEngine<Sale, ForecastRow> engine = TinyForecaster.Engine(_context, model);

        Assert.Equal(ForecastingTests.Expected(rows.Take(30), Horizon), engine.Predict().Forecast, ForecastingTests.Near);
        for (int day = 30; day < 40; day++)
        {
            ForecastRow answer = engine.Predict(rows[day]);
            Assert.Equal(ForecastingTests.Expected(rows.Take(day + 1), Horizon), answer.Forecast, ForecastingTests.Near);
            Assert.Equal(answer.Forecast, engine.Predict().Forecast);
            Assert.Equal(rows[day].Value, answer.Value);
        }

        using RetNetTimeSeriesEngine<Sale, ForecastRow> other = TinyForecaster.Engine(_context, model);
        Assert.Equal(ForecastingTests.Expected(rows.Take(30), Horizon), other.Predict().Forecast, ForecastingTests.Near);
    }

    [Fact]
    public void Horizon_and_confidence_may_be_others_at_each_call()
    {
        List<Sale> rows = Sale.Rows(30);
        using RetNetForecastingTransformer model = TinyForecaster.Estimator(_context).Fit(_context.Data.LoadFromEnumerable(rows));
        using RetNetTimeSeriesEngine<Sale, ForecastRow> engine = TinyForecaster.Engine(_context, model);
        SeriesForecast expected = TinyForecaster.Model.Forecast([.. rows.Select(row => (double)row.Value)], 40);

        ForecastRow answer = engine.Predict(horizon: 40, confidenceLevel: 0.6f);

        Assert.Equal(ForecastingTests.Expected(rows, 40), answer.Forecast, ForecastingTests.Near);
        Assert.Equal([.. Enumerable.Range(0, 40).Select(step => (float)expected.Quantile(step, 0.2))], answer.Lower, ForecastingTests.Near);
        Assert.Equal([.. Enumerable.Range(0, 40).Select(step => (float)expected.Quantile(step, 0.8))], answer.Upper, ForecastingTests.Near);
        Assert.Equal(Horizon, engine.Predict().Forecast.Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.Predict(horizon: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.Predict(horizon: 1001));
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.Predict(confidenceLevel: 1));
    }

    [Fact]
    public void An_engine_without_training_data_begins_with_nothing()
    {
        using RetNetForecastingTransformer model =
            TinyForecaster.Estimator(_context).Fit(_context.Data.LoadFromEnumerable(Array.Empty<Sale>()));
        using RetNetTimeSeriesEngine<Sale, ForecastRow> engine = TinyForecaster.Engine(_context, model);
        List<Sale> rows = Sale.Rows(10);

        Assert.All(engine.Predict().Forecast, value => Assert.True(float.IsNaN(value)));
        foreach (Sale row in rows)
            engine.Update(row);
        Assert.Equal(ForecastingTests.Expected(rows, Horizon), engine.Predict().Forecast, ForecastingTests.Near);
    }

    [Fact]
    public void Series_are_told_apart_by_their_key_also_those_that_are_new()
    {
        List<Sale> rows = Sale.Stores(30, "A", "B", "C");
        using RetNetForecastingTransformer model = TinyForecaster.Estimator(_context, "Store").Fit(
            _context.Data.LoadFromEnumerable(rows.Where(row => row.Store != "C").Take(40)));
        using RetNetTimeSeriesEngine<Sale, ForecastRow> engine = TinyForecaster.Engine(_context, model);
        foreach (Sale row in rows.Where(row => row.Store != "C").Skip(40).Concat(rows.Where(row => row.Store == "C")))
            Assert.Equal(row.Store, engine.Predict(row).Store);

        foreach (string store in (string[])["A", "B", "C"])
        {
            Assert.Equal(ForecastingTests.Expected(rows.Where(row => row.Store == store), Horizon), engine.PredictSeries(store).Forecast,
                ForecastingTests.Near);
        }

        Assert.StartsWith("No series of column 'Store' is called 'D'; there are A, B, C.",
            Assert.Throws<ArgumentException>(() => engine.PredictSeries("D")).Message, StringComparison.Ordinal);
        Assert.Contains("series are told apart by column 'Store'",
            Assert.Throws<InvalidOperationException>(() => engine.Predict()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_series_of_a_key_column_is_known_by_the_value_of_its_key()
    {
        List<Sale> rows = Sale.Stores(30, "A", "B");
        ITransformer model = _context.Transforms.Conversion.MapValueToKey("Key", "Store").Append(_context.Forecasting.ForecastByRetNet(
                "Forecast", "Value", Horizon, "Lower", "Upper", groupColumnName: "Key", timestampColumnName: "Day", seasonLengths: [],
                modelPath: TinyForecaster.Path))
            .Fit(_context.Data.LoadFromEnumerable(rows));
        using IDisposable disposed = (IDisposable)model;
        using RetNetTimeSeriesEngine<Sale, ForecastRow> engine = TinyForecaster.Engine(_context, model);

        Assert.Equal(ForecastingTests.Expected(rows.Where(row => row.Store == "B"), Horizon), engine.PredictSeries("B").Forecast,
            ForecastingTests.Near);
        Assert.StartsWith("No series of column 'Key' is called '2'; there are A, B.",
            Assert.Throws<ArgumentException>(() => engine.PredictSeries("2")).Message, StringComparison.Ordinal);
        Assert.Contains("series 'B' of column 'Key'",
            Assert.Throws<InvalidOperationException>(() => engine.Update(Sale.Of(1, 3, "B"))).Message, StringComparison.Ordinal);
        Assert.Contains("Group column 'Key', row",
            Assert.Throws<InvalidOperationException>(() => engine.Predict(Sale.Of(1, 30, "C"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_on_many_threads_give_each_series_its_own_forecast()
    {
        string[] stores = [.. Enumerable.Range(0, 8).Select(i => $"S{i}")];
        using RetNetForecastingTransformer model =
            TinyForecaster.Estimator(_context, "Store").Fit(_context.Data.LoadFromEnumerable(Array.Empty<Sale>()));
        using RetNetTimeSeriesEngine<Sale, ForecastRow> engine = TinyForecaster.Engine(_context, model);
        List<Sale> rows = Sale.Stores(40, stores);

        await Task.WhenAll(stores.Select(store => Task.Run(() =>
        {
            foreach (Sale row in rows.Where(row => row.Store == store))
                engine.Predict(row);
        })));

        foreach (string store in stores)
        {
            Assert.Equal(ForecastingTests.Expected(rows.Where(row => row.Store == store), Horizon), engine.PredictSeries(store).Forecast,
                ForecastingTests.Near);
        }
    }

    [Fact]
    public async Task Calls_for_one_series_wait_for_each_other()
    {
        using RetNetForecastingTransformer model =
            TinyForecaster.Estimator(_context).Fit(_context.Data.LoadFromEnumerable(Array.Empty<Sale>()));
        using RetNetTimeSeriesEngine<Sale, ForecastRow> engine = TinyForecaster.Engine(_context, model);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 50; i++)
                engine.Predict(Sale.Of(3, i));
        })));

        Assert.Equal(Enumerable.Repeat(3f, Horizon), engine.Predict().Forecast);
    }

    [Fact]
    public void Anomalies_are_judged_before_they_are_learned()
    {
        List<Sale> rows = Sale.Rows(40);
        rows[35].Value += 500;
        using RetNetAnomalyTransformer model = _context.Transforms.DetectAnomalyByRetNet("Anomaly", "Value", seasonLengths: [],
            modelPath: TinyForecaster.Path).Fit(_context.Data.LoadFromEnumerable(rows.Take(30)));
        double[][] expected = [.. model.Transform(_context.Data.LoadFromEnumerable(rows)).GetColumn<double[]>("Anomaly")];
        using RetNetTimeSeriesEngine<Sale, AnomalyRow> engine = model.CreateRetNetTimeSeriesEngine<Sale, AnomalyRow>(_context);

        for (int day = 30; day < 40; day++)
        {
            double[] scores = engine.Predict(rows[day]).Anomaly;
            Assert.Equal(expected[day][0], scores[0]);
            Assert.Equal(expected[day][1], scores[1], 1e-2);
        }

        Assert.Equal([0, double.NaN, double.NaN], engine.Predict().Anomaly);
    }

    [Fact]
    public void An_anomaly_after_a_gap_is_judged_by_the_forecast_of_its_own_step()
    {
        List<Sale> rows = Sale.Rows(34);
        double[] values = [.. rows.Select((row, i) => i < 30 ? row.Value : double.NaN)];
        using RetNetAnomalyTransformer model = _context.Transforms.DetectAnomalyByRetNet("Anomaly", "Value", timestampColumnName: "Day",
            seasonLengths: [], modelPath: TinyForecaster.Path).Fit(_context.Data.LoadFromEnumerable(rows.Take(30)));
        using RetNetTimeSeriesEngine<Sale, AnomalyRow> engine = model.CreateRetNetTimeSeriesEngine<Sale, AnomalyRow>(_context);

        double[] scores = engine.Predict(rows[33]).Anomaly;

        Assert.Equal(rows[33].Value - TinyForecaster.Model.Forecast(values.AsSpan(..33), 1).Median[0], scores[1], 1e-2);
    }

    [Fact]
    public void A_series_that_is_asked_for_and_has_no_row_is_not_kept()
    {
        RetNetForecastingEstimator.Options options = new() { OutputColumnName = "Forecast", InputColumnName = "Value" };
        KnownSeries known = KnownSeries.None(options);
        using LiveSeriesSet series = new(name => known.HistoryOf(name, continues: true),
            (name, history) => known.Begin(TinyForecaster.Model, name, history));
        series.Use("A", one => one.Add(5, default));

        series.Read("typo", one => Assert.Null(one.Forecast(Horizon)));
        Assert.Throws<ArgumentException>(() => series.Use("refused", one => one.Add(double.PositiveInfinity, default)));
        series.Read("A", one => Assert.NotNull(one.Forecast(Horizon)));

        Assert.Equal("A", Assert.Single(series.ToHistories()).Key);
    }

    [Fact]
    public void A_value_that_is_refused_changes_nothing()
    {
        List<Sale> rows = Sale.Rows(20);
        using RetNetForecastingTransformer model = _context.Forecasting.ForecastByRetNet("Forecast", "Value", Horizon, "Lower", "Upper",
            timestampColumnName: "Day", seasonLengths: [], modelPath: TinyForecaster.Path).Fit(_context.Data.LoadFromEnumerable(rows));
        using RetNetTimeSeriesEngine<Sale, ForecastRow> engine = TinyForecaster.Engine(_context, model);
        float[] before = engine.Predict().Forecast;

        Assert.Throws<ArgumentException>(() => engine.Update(Sale.Of(double.PositiveInfinity, 20)));
        Assert.Throws<InvalidOperationException>(() => engine.Update(Sale.Of(5, 3)));
        Assert.Throws<InvalidOperationException>(() => engine.Update(Sale.Of(5, 19)));

        Assert.Equal(before, engine.Predict().Forecast);
        engine.Update(Sale.Of(7, 20));
        Assert.Equal(ForecastingTests.Expected([.. rows, Sale.Of(7, 20)], Horizon), engine.Predict().Forecast, ForecastingTests.Near);
    }

    [Fact]
    public void A_value_that_a_later_stage_refuses_changes_no_stage()
    {
        List<Sale> rows = Sale.Rows(20);
        IEstimator<ITransformer> pipeline = _context.Forecasting.ForecastByRetNet("Forecast", "Value", Horizon, "Lower", "Upper",
                timestampColumnName: "Day", seasonLengths: [], modelPath: TinyForecaster.Path)
            .Append(_context.Transforms.CopyColumns("Copy", "Precise"))
            .Append(_context.Transforms.DetectAnomalyByRetNet("Anomaly", "Copy", timestampColumnName: "Day", seasonLengths: [],
                modelPath: TinyForecaster.Path));
        ITransformer model = pipeline.Fit(_context.Data.LoadFromEnumerable(rows));
        using IDisposable disposed = (IDisposable)model;
        using RetNetTimeSeriesEngine<Sale, ForecastRow> engine = TinyForecaster.Engine(_context, model);
        float[] before = engine.Predict().Forecast;
        Sale wrong = Sale.Of(7, 20);
        wrong.Precise = double.PositiveInfinity;

        Assert.Throws<ArgumentException>(() => engine.Predict(wrong));
        Assert.Throws<ArgumentException>(() => engine.Update(wrong));

        Assert.Equal(before, engine.Predict().Forecast);
        Assert.Equal(ForecastingTests.Expected([.. rows, Sale.Of(7, 20)], Horizon), engine.Predict(Sale.Of(7, 20)).Forecast,
            ForecastingTests.Near);
    }

    [Fact]
    public void A_stage_may_read_what_an_earlier_one_finds()
    {
        List<Sale> rows = Sale.Rows(20);
        IEstimator<ITransformer> pipeline = _context.Transforms.DetectAnomalyByRetNet("Anomaly", "Value", seasonLengths: [],
                modelPath: TinyForecaster.Path)
            .Append(_context.Transforms.CustomMapping<AnomalyRow, Residual>(
                (row, residual) => residual.Value2 = (float)row.Anomaly[1], contractName: null))
            .Append(_context.Forecasting.ForecastByRetNet("Forecast", "Value2", Horizon, "Lower", "Upper", seasonLengths: [],
                modelPath: TinyForecaster.Path));
        ITransformer model = pipeline.Fit(_context.Data.LoadFromEnumerable(rows));
        using IDisposable disposed = (IDisposable)model;
        using RetNetTimeSeriesEngine<Sale, ForecastRow> engine = TinyForecaster.Engine(_context, model);
        IDataView all = model.Transform(_context.Data.LoadFromEnumerable(Sale.Rows(23)));

        float[][] answers = [.. Sale.Rows(23).Skip(20).Select(row => engine.Predict(row).Forecast)];

        Assert.Equal(all.GetColumn<float[]>("Forecast").Last(), answers[^1], ForecastingTests.Near);
    }

    [Fact]
    public void A_series_without_a_name_is_not_asked_for_by_one()
    {
        using RetNetForecastingTransformer model = TinyForecaster.Estimator(_context).Fit(_context.Data.LoadFromEnumerable(Sale.Rows(20)));
        using RetNetTimeSeriesEngine<Sale, ForecastRow> engine = TinyForecaster.Engine(_context, model);

        Assert.Contains("none is called 'Berlin'",
            Assert.Throws<InvalidOperationException>(() => engine.PredictSeries("Berlin")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_has_no_stage_for_series_is_refused_and_so_is_a_disposed_engine()
    {
        IDataView data = _context.Data.LoadFromEnumerable(Sale.Rows(10));
        ITransformer copy = _context.Transforms.CopyColumns("Copy", "Value").Fit(data);
        using RetNetForecastingTransformer model = TinyForecaster.Estimator(_context).Fit(data);
        RetNetTimeSeriesEngine<Sale, ForecastRow> engine = TinyForecaster.Engine(_context, model);
        engine.Dispose();

        ArgumentException refused = Assert.Throws<ArgumentException>(() => TinyForecaster.Engine(_context, copy));
        Assert.Contains("has no stage that follows series", refused.Message, StringComparison.Ordinal);
        Assert.Throws<ObjectDisposedException>(() => engine.Predict());
        Assert.Throws<ObjectDisposedException>(() => engine.CheckPoint(_context, Stream.Null));
    }

    [Fact]
    public async Task Of_many_series_only_some_have_a_state_and_none_is_forgotten()
    {
        string[] stores = [.. Enumerable.Range(0, 12).Select(i => $"S{i}")];
        List<Sale> rows = Sale.Stores(30, stores);
        RetNetForecastingEstimator.Options options = new() { OutputColumnName = "Forecast", InputColumnName = "Value" };
        KnownSeries known = KnownSeries.None(options);
        int begun = 0;
        using LiveSeriesSet series = new(name => known.HistoryOf(name, continues: false), (name, history) =>
        {
            Interlocked.Increment(ref begun);
            return known.Begin(TinyForecaster.Model, name, history);
        }, most: 4);

        foreach (Sale row in rows.Take(120))
            series.Use(row.Store, one => one.Add(row.Value, default));
        Assert.InRange(begun, 100, 120);
        await Task.WhenAll(stores.Select(store => Task.Run(() =>
        {
            foreach (Sale row in rows.Skip(120).Where(row => row.Store == store))
                series.Use(store, one => one.Add(row.Value, default));
        })));

        foreach (string store in stores)
        {
            float[] forecast = [];
            series.Use(store, one => forecast = [.. one.Forecast(Horizon)!.Median.ToArray().Select(value => (float)value)]);
            Assert.Equal(ForecastingTests.Expected(rows.Where(row => row.Store == store), Horizon), forecast, ForecastingTests.Near);
        }

        Assert.Equal(12, series.ToHistories().Count);
    }

    private sealed class Residual
    {
        public float Value2 { get; set; }
    }

    private sealed class AnomalyRow
    {
        public double[] Anomaly { get; set; } = [];
    }
}
