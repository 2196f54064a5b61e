using System.Globalization;
using System.Text;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.Core.Forecasting.Training;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Tool.Forecasting;

/// <summary>Keeps the weights of a forecasting model from time to time while it is trained, each with its accuracy.</summary>
/// <param name="model">The model.</param>
/// <param name="folder">The folder of the stages, each of which gets a folder named by its step.</param>
/// <param name="every">Steps between two stages.</param>
/// <param name="series">What each is measured on; may be empty.</param>
/// <param name="load">How they are loaded for that.</param>
/// <param name="context">The command.</param>
internal sealed class ForecasterStages(
    TrainableForecaster model, string folder, long every, EvaluationSeries[] series, ModelLoadOptions load, CommandContext context)
{
    private readonly long _every = every;

    /// <summary>The accuracy of the last stage; null without one.</summary>
    public ForecastMeasure[]? Last { get; private set; }

    /// <summary>A report that keeps a stage where one is due.</summary>
    /// <param name="next">Told first.</param>
    public IProgress<TrainingProgress> After(IProgress<TrainingProgress>? next) => new Reports(this, next);

    /// <summary>Warns of options that have no effect on how stages are measured, and refuses those that the model cannot keep.</summary>
    /// <exception cref="ArgumentException">The model cannot have such states.</exception>
    public void Check()
    {
        if (series.Length == 0)
            return;
        using MemoryStream weights = new();
        model.SaveWeights(weights, halfPrecision: true);
        weights.Position = 0;
        using MemoryStream configuration = new(Encoding.UTF8.GetBytes(model.Configuration.ToJson()));
        ForecastModel.Checked(Forecaster.FromStreams(configuration, weights, load, context.StateOptions), context).Dispose();
    }

    private void Keep(long step)
    {
        string path = Path.Combine(folder, step.ToString("D7", CultureInfo.InvariantCulture));
        model.Save(path);
        if (series.Length == 0)
            return;
        using Forecaster forecaster = Forecaster.Load(path, load, context.StateOptions);
        Last = ForecastMeasure.OfPeriods(
            forecaster, series, seasons => new SeriesOptions { SeasonLengths = seasons }, context.Cancellation);
        AtomicFile.Write(Path.Combine(path, "accuracy.json"), stream => CommandContext.WriteJson(stream, json =>
            Array.ForEach(Last, measure => measure.WriteTo(json))));
        ForecastAccuracy all = Last[^1].Accuracy;
        if (!context.Json && !context.Console.ErrorIsTerminal)
        {
            context.Console.Error.WriteLine($"step {step:N0}: sMAPE {all.Smape:F2}, MASE {all.Mase:F3}, WQL {all.WeightedQuantileLoss:F4}, "
                + $"80 % coverage {all.Coverage80:P1}");
        }
    }

    private sealed class Reports(ForecasterStages stages, IProgress<TrainingProgress>? next) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            next?.Report(value);
            if (value.Step % stages._every == 0)
                stages.Keep(value.Step);
        }
    }
}
