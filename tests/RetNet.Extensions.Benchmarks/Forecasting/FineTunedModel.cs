using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.Core.Forecasting.Training;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Tool.Forecasting;

namespace RetNet.Extensions.Benchmarks.Forecasting;

/// <summary>Trains a model further on the histories of a collection, so that it can be measured on the futures.</summary>
internal static class FineTunedModel
{
    /// <summary>Trains it, and writes it.</summary>
    /// <param name="model">The folder of the model.</param>
    /// <param name="series">The collection; the futures are not looked at.</param>
    /// <param name="steps">Steps of 16 windows.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="folder">The folder that is written.</param>
    public static void Write(string model, EvaluationSeries[] series, int steps, int threads, string folder)
    {
        using TrainableForecaster trained = TrainableForecaster.Load(model, threads);
        ForecasterTrainer trainer = new(trained, new TrainingOptions { Steps = steps, LearningRate = 3e-4, WarmupSteps = 20 });
        TrainingResult result = trainer.FineTune(
            Array.ConvertAll(series, one => new SeriesInput(one.History, new SeriesOptions { SeasonLengths = one.Seasons })),
            series.Max(one => one.Future.Length));
        Console.Error.WriteLine(
            $"{folder}: {result.Steps} steps, best after {result.ResultStep}, validation {result.ValidationLoss:0.0000}");
        trained.Save(folder);
    }
}
