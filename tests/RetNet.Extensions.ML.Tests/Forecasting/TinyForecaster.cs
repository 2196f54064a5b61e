using Microsoft.ML;
using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.Core.Forecasting.Training;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.ML.Forecasting;

namespace RetNet.Extensions.ML.Tests.Forecasting;

/// <summary>The folder of a forecaster of a few thousand weights, trained for some seconds, and the forecaster.</summary>
internal static class TinyForecaster
{
    public const int Horizon = 5;

    private static readonly Lazy<string> LazyPath = new(Create);

    private static readonly Lazy<Forecaster> LazyModel = new(() => Forecaster.Load(Path));

    public static string Path => LazyPath.Value;

    public static Forecaster Model => LazyModel.Value;

    /// <summary>Forecasts of <see cref="Horizon"/> steps with bounds.</summary>
    public static RetNetForecastingEstimator Estimator(MLContext context, string? group = null) => context.Forecasting.ForecastByRetNet(
        "Forecast", "Value", Horizon, "Lower", "Upper", groupColumnName: group, seasonLengths: [], modelPath: Path);

    /// <summary>An engine for a model of that.</summary>
    public static RetNetTimeSeriesEngine<Sale, ForecastRow> Engine(MLContext context, ITransformer model) =>
        model.CreateRetNetTimeSeriesEngine<Sale, ForecastRow>(context, ignoreMissingColumns: true);

    private static string Create()
    {
        ForecasterConfiguration configuration = ForecasterConfiguration.Create("retnet", width: 16, layers: 1, heads: 2) with
        {
            EmbeddingWidth = 32,
        };
        using TrainableForecaster model = TrainableForecaster.Create(configuration, seed: 1);
        TrainingOptions options = new() { Steps = 150, BatchSize = 16, LearningRate = 4e-3, WarmupSteps = 10 };
        new ForecasterTrainer(model, options).Train();
        string path = System.IO.Path.Combine(AppContext.BaseDirectory, "models", "tiny-forecast");
        model.Save(path);
        return path;
    }
}
