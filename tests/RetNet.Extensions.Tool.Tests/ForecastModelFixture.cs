using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.Core.Forecasting.Training;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Tool.Tests;

/// <summary>A small forecasting model, trained for a moment.</summary>
public sealed class ForecastModelFixture : IDisposable
{
    public ForecastModelFixture()
    {
        using TrainableForecaster model = TrainableForecaster.Create(ForecasterConfiguration.Create("retnet", 16, 1, 2), 1, 1);
        new ForecasterTrainer(model, new TrainingOptions { Steps = 20, BatchSize = 4 }).Train();
        model.Save(Folder);
    }

    /// <summary>The folder of the model.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("retnet-forecaster-").FullName;

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
