using System.Text.Json.Serialization;
using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.Core.Training;
using static RetNet.Extensions.ML.Models.OptionChecks;

namespace RetNet.Extensions.ML.Forecasting;

/// <summary>How a forecaster is trained further on the series that <c>Fit</c> reads: one model for all of them.</summary>
/// <remarks>The last steps of each series are held back to measure by. The weights that forecast them best are used; where training does
/// not help, those from before.</remarks>
public sealed class RetNetFineTuningOptions
{
    /// <summary>The most steps of training. Default 300.</summary>
    public int Steps { get; set; } = 300;

    /// <summary>Windows of series of a step. Default 16.</summary>
    public int BatchSize { get; set; } = 16;

    /// <summary>The highest learning rate, reached after a tenth of the steps; it then falls to 0 along a cosine. Default 5e-4.</summary>
    public double LearningRate { get; set; } = 5e-4;

    /// <summary>The number of steps at the end of each series that are held back. Default null: the horizon.</summary>
    public int? ValidationHorizon { get; set; }

    /// <summary>Steps of training between two measurements. Default 20.</summary>
    public int EvaluateEvery { get; set; } = 20;

    /// <summary>Training ends when the loss has not fallen for this many measurements; 0 for never. Default 4.</summary>
    public int Patience { get; set; } = 4;

    /// <summary>Seed of the windows. Default null: drawn from the <see cref="Microsoft.ML.MLContext"/>'s seed.</summary>
    public int? Seed { get; set; }

    /// <summary>Receives the progress of training, in addition to <see cref="Microsoft.ML.MLContext.Log"/>. Default null.</summary>
    [JsonIgnore]
    public IProgress<TrainingProgress>? Progress { get; set; }

    /// <summary>Ends training with an <see cref="OperationCanceledException"/>. Default: none.</summary>
    [JsonIgnore]
    public CancellationToken CancellationToken { get; set; }

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names the option.</exception>
    internal void Validate()
    {
        Require(Steps >= 1, nameof(Steps), Steps, "1 or more");
        Require(BatchSize is >= 1 and <= 1 << 16, nameof(BatchSize), BatchSize, "1 to 65536");
        Require(LearningRate is > 0 and <= 1, nameof(LearningRate), LearningRate, "a number above 0, up to 1");
        Require(ValidationHorizon is null or (>= 1 and <= Forecaster.MaximumHorizon), nameof(ValidationHorizon), ValidationHorizon,
            $"1 to {Forecaster.MaximumHorizon} steps, or null");
        Require(EvaluateEvery >= 1, nameof(EvaluateEvery), EvaluateEvery, "1 or more");
        Require(Patience >= 0, nameof(Patience), Patience, "0 (never) or more");
    }

    /// <summary>A copy, so that what the caller changes later has no effect.</summary>
    internal RetNetFineTuningOptions Copy() => (RetNetFineTuningOptions)MemberwiseClone();

    /// <summary>The options of the trainer.</summary>
    /// <param name="seed">The seed where none is set.</param>
    internal TrainingOptions ToTrainingOptions(int seed) => new()
    {
        Steps = Steps,
        BatchSize = BatchSize,
        LearningRate = LearningRate,
        WarmupSteps = Steps / 10,
        EvaluateEvery = EvaluateEvery,
        Patience = Patience,
        Seed = Seed ?? seed,
    };
}
