using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.ML.Forecasting;

namespace RetNet.Extensions.ML.Tests.Forecasting;

public sealed class ForecastingOptionTests
{
    private readonly MLContext _context = new(seed: 1);

    private IDataView Data => _context.Data.LoadFromEnumerable(Sale.Rows(20));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1001)]
    public void A_horizon_out_of_range_is_refused(int horizon)
    {
        Exception exception = Assert.Throws<ArgumentException>(() => _context.Forecasting.ForecastByRetNet("Forecast", "Value", horizon));

        Assert.Contains($"Horizon is {horizon}; expected 1 to 1000 steps", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-0.1f)]
    [InlineData(1f)]
    [InlineData(float.NaN)]
    public void A_confidence_level_out_of_range_is_refused(float level)
    {
        Exception exception = Assert.Throws<ArgumentException>(
            () => _context.Forecasting.ForecastByRetNet("Forecast", "Value", 3, confidenceLevel: level));

        Assert.Contains("ConfidenceLevel is ", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(nameof(RetNetForecastingEstimator.Options.OutputColumnName))]
    [InlineData(nameof(RetNetForecastingEstimator.Options.InputColumnName))]
    [InlineData(nameof(RetNetForecastingEstimator.Options.GroupColumnName))]
    [InlineData(nameof(RetNetForecastingEstimator.Options.TimestampColumnName))]
    [InlineData(nameof(RetNetForecastingEstimator.Options.ConfidenceLowerBoundColumn))]
    [InlineData(nameof(RetNetForecastingEstimator.Options.ConfidenceUpperBoundColumn))]
    [InlineData(nameof(RetNetForecastingEstimator.Options.QuantilesColumn))]
    [InlineData(nameof(RetNetForecastingEstimator.Options.ModelPath))]
    [InlineData(nameof(RetNetForecastingEstimator.Options.SeasonLengths))]
    [InlineData(nameof(RetNetForecastingEstimator.Options.Views))]
    [InlineData(nameof(RetNetForecastingEstimator.Options.BatchSize))]
    [InlineData(nameof(RetNetForecastingEstimator.Options.Threads))]
    public void An_option_out_of_range_is_named(string option)
    {
        RetNetForecastingEstimator.Options options = new() { OutputColumnName = "Forecast", InputColumnName = "Value", Horizon = 3 };
        PropertyInfo property = options.GetType().GetProperty(option)!;
        property.SetValue(
            options, property.PropertyType == typeof(int) ? -1 : property.PropertyType == typeof(string) ? "" : new int[] { 1 });

        Exception exception = Assert.Throws<ArgumentException>(() => _context.Forecasting.ForecastByRetNet(options));

        Assert.StartsWith($"{option} is ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_columns_of_one_name_are_refused()
    {
        Exception exception = Assert.Throws<ArgumentException>(
            () => _context.Forecasting.ForecastByRetNet("Forecast", "Value", 3, "Bound", "Bound"));

        Assert.Contains("ConfidenceUpperBoundColumn is Bound", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new[] { 1, 2, 3 }, "SeasonLengths is 3; expected at most 2 lengths")]
    [InlineData(new[] { 7, 7 }, "SeasonLengths is 7 twice; expected two different lengths")]
    [InlineData(new[] { 4000 }, "SeasonLengths is 4000; expected lengths of 2 to 2048 steps")]
    public void Seasons_out_of_range_are_refused(int[] seasons, string expected)
    {
        Exception exception = Assert.Throws<ArgumentException>(
            () => _context.Forecasting.ForecastByRetNet("Forecast", "Value", 3, seasonLengths: seasons));

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Absent", null, null, "Could not find input column 'Absent'")]
    [InlineData("Store", null, null, "input column 'Store': expected Single or Double")]
    [InlineData("Value", "Absent", null, "Could not find group column 'Absent'")]
    [InlineData("Value", "Precise", null, "group column 'Precise': expected String, a key, Boolean or an integer, got Double")]
    [InlineData("Value", null, "Absent", "Could not find timestamp column 'Absent'")]
    [InlineData("Value", null, "Store", "timestamp column 'Store': expected DateTime, DateTimeOffset, Int32 or Int64, got String")]
    public void A_column_that_is_missing_or_of_the_wrong_type_is_named_before_and_in_fitting(
        string input, string? group, string? timestamp, string expected)
    {
        RetNetForecastingEstimator estimator = _context.Forecasting.ForecastByRetNet(
            "Forecast", input, 3, groupColumnName: group, timestampColumnName: timestamp, modelPath: TinyForecaster.Path);

        Assert.Contains(expected, Assert.Throws<ArgumentOutOfRangeException>(() => estimator.Fit(Data)).Message, StringComparison.Ordinal);
        Assert.Contains(expected, Assert.Throws<ArgumentOutOfRangeException>(
            () => _context.Transforms.CopyColumns("Copy", "Value").Append(estimator).Fit(Data)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_infinite_value_is_refused_and_its_series_is_named()
    {
        List<Sale> rows = Sale.Rows(20);
        IDataView good = _context.Data.LoadFromEnumerable(rows);
        RetNetForecastingEstimator estimator = _context.Forecasting.ForecastByRetNet(
            "Forecast", "Value", 3, groupColumnName: "Store", modelPath: TinyForecaster.Path);
        using RetNetForecastingTransformer model = estimator.Fit(good);
        List<Sale> bad = Sale.Rows(20);
        bad[12].Value = float.PositiveInfinity;
        IDataView data = _context.Data.LoadFromEnumerable(bad);

        foreach (Action action in (Action[])[
            () => estimator.Fit(data), () => model.Transform(data).GetColumn<float[]>("Forecast").Count(),
            () => model.TransformLast(data).GetColumn<float[]>("Forecast").Count()])
        {
            Assert.Contains("Column 'Value', series 'A' of column 'Store': the value of step 12 is",
                Assert.Throws<ArgumentException>(action).Message, StringComparison.Ordinal);
        }

        IDataView wide = _context.Data.LoadFromEnumerable((WideRow[])[new(), new() { Values = [1, float.NegativeInfinity] }]);
        using RetNetForecastingTransformer ofWide = _context.Forecasting.ForecastByRetNet(
            "Forecast", "Values", 3, modelPath: TinyForecaster.Path).Fit(wide);
        Assert.Contains("Column 'Values', row 1: the value of step 1 is", Assert.Throws<ArgumentException>(
            () => ofWide.Transform(wide).GetColumn<float[]>("Forecast").Count()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parameters_that_ForecastBySsa_has_too_are_in_its_order()
    {
        ParameterInfo[] parameters = typeof(RetNetTimeSeriesCatalog).GetMethods().Single(
            method => method.Name == nameof(RetNetTimeSeriesCatalog.ForecastByRetNet) && method.GetParameters().Length > 2).GetParameters();

        Assert.Equal(
            [
                "outputColumnName", "inputColumnName", "horizon", "confidenceLowerBoundColumn", "confidenceUpperBoundColumn",
                "confidenceLevel",
            ], parameters.Skip(1).Take(6).Select(parameter => parameter.Name));
        Assert.Equal(0.95f, parameters[6].DefaultValue);
    }

    [Fact]
    public void A_folder_without_a_forecaster_is_refused()
    {
        RetNetForecastingEstimator estimator = _context.Forecasting.ForecastByRetNet("Forecast", "Value", 3, modelPath: TinyModel.Path);

        Assert.Contains("forecasting", Assert.Throws<CheckpointException>(() => estimator.Fit(Data)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_path_the_weights_of_the_library_are_used_if_it_was_built_with_them()
    {
        RetNetForecastingEstimator estimator = _context.Forecasting.ForecastByRetNet("Forecast", "Value", 3);
        if (typeof(RetNetForecastingEstimator).Assembly.GetManifestResourceInfo("retnet-forecast/model.safetensors") is null)
        {
            Exception exception = Assert.Throws<InvalidOperationException>(() => estimator.Fit(Data));
            Assert.Contains("without the weights of retnet-forecast; set ModelPath", exception.Message, StringComparison.Ordinal);
            return;
        }

        using RetNetForecastingTransformer model = estimator.Fit(Data);
        Assert.All(model.Transform(Data).GetColumn<float[]>("Forecast"),
            forecast => Assert.All(forecast, value => Assert.InRange(value, 50, 200)));
    }

    [Fact]
    public void The_shape_is_that_of_the_schema()
    {
        RetNetForecastingEstimator estimator = _context.Forecasting.ForecastByRetNet(
            "Forecast", "Precise", 3, "Lower", "Upper", quantilesColumn: "Quantiles", modelPath: TinyForecaster.Path);
        SchemaShape shape = estimator.GetOutputSchema(Shape(Data.Schema));
        using RetNetForecastingTransformer model = estimator.Fit(Data);
        SchemaShape actual = Shape(model.GetOutputSchema(Data.Schema));

        Assert.Equal(actual.Select(Describe).Order(), shape.Select(Describe).Order());
        Assert.Equal(NumberDataViewType.Double, shape.Single(column => column.Name == "Lower").ItemType);
    }

    [Fact]
    public void What_changes_in_the_options_later_has_no_effect()
    {
        RetNetForecastingEstimator.Options options = new()
        {
            OutputColumnName = "Forecast",
            InputColumnName = "Value",
            Horizon = 3,
            ModelPath = TinyForecaster.Path,
        };
        RetNetForecastingEstimator estimator = _context.Forecasting.ForecastByRetNet(options);
        (options.Horizon, options.InputColumnName) = (9, "Absent");

        using RetNetForecastingTransformer model = estimator.Fit(Data);

        Assert.Equal(3, model.Transform(Data).GetColumn<float[]>("Forecast").First().Length);
    }

    [Fact]
    public void A_prediction_engine_is_refused_with_what_to_use_instead()
    {
        using RetNetForecastingTransformer model = _context.Forecasting.ForecastByRetNet("Forecast", "Value", 3,
            modelPath: TinyForecaster.Path).Fit(Data);

        Assert.ThrowsAny<Exception>(() => _context.Model.CreatePredictionEngine<Sale, ForecastRow>(model));
        Exception exception = Assert.Throws<InvalidOperationException>(
            () => ((ITransformer)model).GetRowToRowMapper(Data.Schema));
        Assert.Contains("CreateRetNetTimeSeriesEngine", exception.Message, StringComparison.Ordinal);
    }

    // Pipelines make shapes of schemas in the same way.
    private static SchemaShape Shape(DataViewSchema schema) => (SchemaShape)typeof(SchemaShape)
        .GetMethod("Create", BindingFlags.Static | BindingFlags.NonPublic, [typeof(DataViewSchema)])!.Invoke(null, [schema])!;

    private static string Describe(SchemaShape.Column column) =>
        $"{column.Name} {column.Kind} {column.ItemType} {column.IsKey} "
            + string.Join(',', column.Annotations.Select(annotation => annotation.Name).Order());
}
