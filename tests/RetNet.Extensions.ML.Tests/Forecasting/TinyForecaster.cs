using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.Core.Forecasting.Training;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.ML.Tests.Forecasting;

/// <summary>The folder of a forecaster of a few thousand weights, trained for some seconds, and the forecaster.</summary>
internal static class TinyForecaster
{
    private static readonly Lazy<string> LazyPath = new(Create);

    private static readonly Lazy<Forecaster> LazyModel = new(() => Forecaster.Load(Path));

    public static string Path => LazyPath.Value;

    public static Forecaster Model => LazyModel.Value;

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
