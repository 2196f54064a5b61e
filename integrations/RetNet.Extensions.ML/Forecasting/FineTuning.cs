using System.Globalization;
using Microsoft.ML.Runtime;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.Core.Forecasting.Training;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Models;

namespace RetNet.Extensions.ML.Forecasting;

/// <summary>Trains a forecaster further on the series of a data view.</summary>
internal static class FineTuning
{
    /// <summary>Replaces a model by the trained one.</summary>
    /// <param name="host">Logs, and cancels training.</param>
    /// <param name="model">The model; disposed when the trained one is there.</param>
    /// <param name="series">The series.</param>
    /// <param name="options">Options with <see cref="RetNetForecastingEstimator.Options.FineTuning"/>.</param>
    /// <exception cref="ArgumentException">No series is long enough.</exception>
    public static HeldForecaster Run(
        IHost host, HeldForecaster model, IReadOnlyList<SeriesInput> series, RetNetForecastingEstimator.Options options)
    {
        RetNetFineTuningOptions tuning = options.FineTuning!;
        using IChannel channel = host.Start("Training");
        using Checkpoint checkpoint = model.OpenCheckpoint();
        using TrainableForecaster trainable = TrainableForecaster.FromCheckpoint(checkpoint, options.Threads);
        TrainingResult result = new ForecasterTrainer(trainable, tuning.ToTrainingOptions(host.Rand.Next())).FineTune(
            series, tuning.ValidationHorizon ?? options.Horizon, new Log(host, channel, tuning.Progress), tuning.CancellationToken);
        channel.Info(MessageSensitivity.None, result.ResultStep == 0
            ? "Training did not help to forecast the steps that were held back; the model stays as it was."
            : $"The weights are those after step {result.ResultStep}.");
        HeldForecaster trained = HeldForecaster.Of(trainable, options.Threads);
        model.Dispose();
        return trained;
    }

    /// <summary>Writes a line per measurement, and passes every step on. A step ends training if the host was cancelled.</summary>
    private sealed class Log(IHost host, IChannel channel, IProgress<TrainingProgress>? next) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            next?.Report(value);
            host.CheckAlive();
            if (value.ValidationLoss is { } loss)
            {
                channel.Info(MessageSensitivity.None, string.Create(CultureInfo.InvariantCulture,
                    $"Step {value.Step} of {value.Steps}: loss {value.Loss:0.0000}, validation loss {loss:0.0000}, "
                        + $"{value.Remaining.TotalSeconds:0} s left."));
            }
        }
    }
}
