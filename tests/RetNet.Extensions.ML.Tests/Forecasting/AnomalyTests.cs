using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.ML.Forecasting;

namespace RetNet.Extensions.ML.Tests.Forecasting;

public sealed class AnomalyTests
{
    private readonly MLContext _context = new(seed: 1);

    [Fact]
    public void The_scores_are_those_of_the_forecast_from_the_rows_before()
    {
        List<Sale> rows = Sale.Rows(30);
        rows[25].Value += 300;
        double[] values = [.. rows.Select(row => (double)row.Value)];

        double[][] scores = Scores(rows, new() { Confidence = 90 });

        foreach (int step in (int[])[2, 10, 24, 25, 26])
        {
            SeriesForecast forecast = TinyForecaster.Model.Forecast(values.AsSpan(..step), 1);
            double below = forecast.Probability(0, values[step]);
            double p = Math.Max(1e-8, 2 * Math.Min(below, 1 - below));
            Assert.Equal(values[step] - forecast.Median[0], scores[step][1], 1e-3);
            Assert.Equal(p, scores[step][2], 1e-3);
            Assert.Equal(p < 0.1 ? 1 : 0, scores[step][0]);
        }

        Assert.Equal(1, scores[25][0]);
        Assert.True(scores[25][1] > 200);
    }

    [Theory]
    [InlineData(RetNetAnomalySide.Positive, 500, 1)]
    [InlineData(RetNetAnomalySide.Positive, -500, 0)]
    [InlineData(RetNetAnomalySide.Negative, 500, 0)]
    [InlineData(RetNetAnomalySide.Negative, -500, 1)]
    [InlineData(RetNetAnomalySide.TwoSided, 500, 1)]
    [InlineData(RetNetAnomalySide.TwoSided, -500, 1)]
    public void The_side_decides_which_values_count(RetNetAnomalySide side, float change, double alert)
    {
        List<Sale> rows = Sale.Rows(40);
        rows[35].Value += change;

        Assert.Equal(alert, Scores(rows, new() { Side = side })[35][0]);
    }

    [Fact]
    public void Missing_values_and_those_with_none_before_them_are_not_judged()
    {
        List<Sale> rows = Sale.Rows(12);
        rows[0].Value = float.NaN;
        rows[7].Value = float.NaN;

        double[][] scores = Scores(rows, new());

        foreach (int step in (int[])[0, 1, 7])
            Assert.Equal([0, double.NaN, double.NaN], scores[step]);
        Assert.All(scores.Where((_, step) => step is not (0 or 1 or 7)), score => Assert.DoesNotContain(double.NaN, score));
    }

    [Fact]
    public void A_value_after_a_gap_is_judged_by_the_forecast_of_its_own_step()
    {
        int[] absent = [11, 20, 21, 22];
        double[] values = [.. Sale.Rows(30).Select((row, i) => absent.Contains(i) ? double.NaN : row.Value)];

        double[][] scores = Scores([.. Sale.Rows(30).Where((_, i) => !absent.Contains(i))], new() { TimestampColumnName = "Day" });

        int[] steps = [.. Enumerable.Range(0, 30).Except(absent)];
        for (int row = 1; row < steps.Length; row++)
        {
            double median = TinyForecaster.Model.Forecast(values.AsSpan(..steps[row]), 1).Median[0];
            Assert.Equal(values[steps[row]] - median, scores[row][1], 1e-3);
        }
    }

    [Fact]
    public void A_series_that_never_changed_alerts_when_it_has_been_long_enough()
    {
        List<Sale> rows = [.. Enumerable.Range(0, 40).Select(i => Sale.Of(5, i))];
        rows[3].Value = 6;
        double[][] early = Scores(rows, new());
        rows[3].Value = 5;
        rows[39].Value = 6;
        double[][] late = Scores(rows, new());

        Assert.Equal([0, 1, 1.0 / 4], early[3]);
        Assert.Equal([1, 1, 1.0 / 40], late[39]);
        Assert.All(late[1..39], score => Assert.Equal([0, 0, 1], score));
    }

    [Fact]
    public void The_share_of_alerts_is_what_the_confidence_says_where_the_forecast_is_right()
    {
        // Values that are drawn from the model's own forecast, in many short series, so that none wanders off.
        const int known = 20, drawn = 15;
        Random random = new(1);
        List<Sale> rows = [];
        for (int store = 0; store < 120; store++)
        {
            List<double> values = [.. Sale.Rows(known, level: 10 * store).Select(row => row.Precise)];
            using ForecastingState state = TinyForecaster.Model.CreateState();
            state.Update([.. values]);
            for (int i = 0; i < drawn; i++)
            {
                values.Add(state.Forecast(1).Quantile(0, 1e-9 + (random.NextDouble() * (1 - 2e-9))));
                state.Update(values[^1]);
            }

            rows.AddRange(values.Select((value, day) => Sale.Of(value, day, $"{store}")));
        }

        double[][] scores = Scores(rows, new() { Confidence = 90, InputColumnName = "Precise", GroupColumnName = "Store" });

        Assert.InRange(scores.Where((_, row) => row % (known + drawn) >= known).Average(score => score[0]), 0.075, 0.125);
    }

    [Fact]
    public void The_column_is_that_of_ML_NETs_spike_detectors()
    {
        IDataView data = _context.Data.LoadFromEnumerable(Sale.Rows(5));
        using RetNetAnomalyTransformer model = Estimator(new()).Fit(data);
        DataViewSchema.Column column = model.GetOutputSchema(data.Schema)["Anomaly"];
        VBuffer<ReadOnlyMemory<char>> names = default;
        column.GetSlotNames(ref names);

        Assert.Equal(new VectorDataViewType(NumberDataViewType.Double, 3), column.Type);
        Assert.Equal(["Alert", "Raw Score", "P-Value Score"], names.DenseValues().Select(name => name.ToString()));
        Assert.False(((ITransformer)model).IsRowToRowMapper);
    }

    [Fact]
    public void Series_are_told_apart_and_continue_behind_the_training_data()
    {
        List<Sale> rows = Sale.Stores(30, "A", "B");
        rows[^2].Value += 500;
        RetNetAnomalyEstimator.Options options = new() { GroupColumnName = "Store", TimestampColumnName = "Day", ContinueSeries = true };
        using RetNetAnomalyTransformer model = Estimator(options).Fit(_context.Data.LoadFromEnumerable(rows.Take(40)));

        double[][] scores = [.. model.Transform(_context.Data.LoadFromEnumerable(rows.Skip(40))).GetColumn<double[]>("Anomaly")];

        double[] values = [.. rows.Where(row => row.Store == "A").Select(row => (double)row.Value)];
        Assert.Equal(1, scores[^2][0]);
        Assert.Equal(values[^1] - TinyForecaster.Model.Forecast(values.AsSpan(..^1), 1).Median[0], scores[^2][1], 1e-2);
    }

    [Fact]
    public void A_saved_detector_gives_the_same_scores()
    {
        IDataView data = _context.Data.LoadFromEnumerable(Sale.Rows(25));
        using RetNetAnomalyTransformer model = Estimator(new() { Side = RetNetAnomalySide.Negative, Confidence = 80 }).Fit(data);
        using ModelArchiveFile file = ModelArchiveFile.Save(_context, model, data.Schema);
        using IDisposable loaded = (IDisposable)file.Load(new MLContext());

        Assert.Equal(LoaderProgram.Values(model.Transform(data), "Anomaly"),
            LoaderProgram.Values(((ITransformer)loaded).Transform(data), "Anomaly"));
    }

    [Fact]
    public void Options_and_columns_that_do_not_fit_are_named()
    {
        IDataView data = _context.Data.LoadFromEnumerable((WideRow[])[new()]);

        Assert.Contains("Confidence is 101; expected 0 to 100 percent", Assert.Throws<ArgumentException>(
            () => _context.Transforms.DetectAnomalyByRetNet("Anomaly", "Value", 101)).Message, StringComparison.Ordinal);
        Assert.Contains("Side is 7; expected Positive, Negative, TwoSided", Assert.Throws<ArgumentException>(
            () => _context.Transforms.DetectAnomalyByRetNet("Anomaly", "Value", side: (RetNetAnomalySide)7)).Message,
            StringComparison.Ordinal);
        Assert.Contains("input column 'Values': expected Single or Double", Assert.Throws<ArgumentOutOfRangeException>(
            () => _context.Transforms.CopyColumns("Copy", "Values")
                .Append(_context.Transforms.DetectAnomalyByRetNet("Anomaly", "Values")).Fit(data)).Message, StringComparison.Ordinal);
    }

    private double[][] Scores(List<Sale> rows, RetNetAnomalyEstimator.Options options)
    {
        IDataView data = _context.Data.LoadFromEnumerable(rows);
        using RetNetAnomalyTransformer model = Estimator(options).Fit(data);
        return [.. model.Transform(data).GetColumn<double[]>("Anomaly")];
    }

    private RetNetAnomalyEstimator Estimator(RetNetAnomalyEstimator.Options options)
    {
        options.OutputColumnName = "Anomaly";
        options.InputColumnName ??= "Value";
        options.SeasonLengths ??= [];
        options.ModelPath = TinyForecaster.Path;
        return _context.Transforms.DetectAnomalyByRetNet(options);
    }
}
