using System.Diagnostics.CodeAnalysis;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Core.Training.Run;

namespace RetNet.Extensions.Core.Forecasting.Training;

/// <summary>Trains a forecaster: on synthetic series, so that it forecasts series that it has never seen, or further on the user's
/// own.</summary>
/// <remarks>Of the options, <see cref="TrainingOptions.BatchSize"/> counts series; <see cref="TrainingOptions.ContextLength"/> is not used,
/// and dropout, label smoothing, another precision or form and what is of texts are refused. The same seed, series and options give the
/// same weights, bit for bit, also when training is interrupted and resumed, as long as there is no time limit.</remarks>
/// <param name="model">The model; its weights are changed. It stays the caller's.</param>
/// <param name="options">How it is trained; null for the defaults.</param>
[Experimental("RETNET001")]
public sealed class ForecasterTrainer(TrainableForecaster model, TrainingOptions? options = null)
{
    private const int ValidationBatches = 8;

    private readonly TrainingOptions _options = options ?? new TrainingOptions();
    private readonly long _curriculumSteps;

    /// <summary>The steps of <see cref="Train"/> in which generated series grow from at most 48 known values to the usual lengths. Default
    /// 0: all lengths from the first step.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 0.</exception>
    public long CurriculumSteps
    {
        get => _curriculumSteps;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _curriculumSteps = value;
        }
    }

    /// <summary>Trains on generated series, each of which is seen once. Others of the same kinds are the validation data.</summary>
    /// <param name="progress">Told about each step.</param>
    /// <param name="cancellationToken">Ends training, with a checkpoint where there is a file for it.</param>
    /// <returns>The outcome; losses are mean quantile losses per spread of a series.</returns>
    /// <exception cref="ArgumentException">An option does not fit, or <see cref="TrainingOptions.Steps"/> is not set.</exception>
    /// <exception cref="TrainingException">The loss or the gradient is not a finite number.</exception>
    /// <exception cref="Checkpoints.CheckpointException">The checkpoint to resume from is damaged, or of another training.</exception>
    /// <exception cref="InsufficientMemoryException">There is no memory for a batch; the weights are those of the last whole
    /// step.</exception>
    /// <exception cref="OperationCanceledException">Training was cancelled.</exception>
    public TrainingResult Train(IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        if (_options.Steps is null)
        {
            throw new ArgumentException($"{nameof(TrainingOptions.Steps)} is not set; expected the number of steps, since generated series "
                + "have no end.");
        }

        SyntheticSource series = new(_options.Seed, model.Configuration.Shape, CurriculumSteps * _options.BatchSize);
        SyntheticSource other = new(unchecked(_options.Seed ^ int.MinValue), model.Configuration.Shape);
        Check(_options);
        using ForecasterTask task = new(model, _options, series, new FirstSeries(other, ValidationBatches * _options.BatchSize));
        using TrainingRun run = new(task, _options, progress, cancellationToken);
        return run.Complete();
    }

    /// <summary>Trains further on a user's series: one model for all of them. The last steps of each series are held back; the weights that
    /// forecast them best are the result, those from before the training included, so that it is never worse than without.</summary>
    /// <remarks>A pass through the data counts each series once, a long one once per 1024 steps. Of the options,
    /// <see cref="TrainingOptions.KeepBest"/> is always on; with <see cref="TrainingOptions.Patience"/> training ends early.</remarks>
    /// <param name="series">The series; those without four values before their last steps are left out.</param>
    /// <param name="horizon">The number of steps that are held back, 1 to <see cref="Forecaster.MaximumHorizon"/>.</param>
    /// <param name="progress">Told about each step.</param>
    /// <param name="cancellationToken">Ends training, with a checkpoint where there is a file for it.</param>
    /// <returns>The outcome; losses are mean quantile losses per spread of a series. <see cref="TrainingResult.ResultStep"/> is 0 where
    /// training did not help.</returns>
    /// <exception cref="ArgumentException">An option does not fit, or no series is long enough.</exception>
    /// <exception cref="TrainingException">The loss or the gradient is not a finite number.</exception>
    /// <exception cref="Checkpoints.CheckpointException">The checkpoint to resume from is damaged, or of another training.</exception>
    /// <exception cref="OperationCanceledException">Training was cancelled.</exception>
    public TrainingResult FineTune(
        IReadOnlyList<SeriesInput> series, int horizon, IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(series);
        FineTuningSeries data = new(model.Configuration.Shape, series, horizon);
        TrainingOptions options = _options with { KeepBest = true };
        Check(options);
        using ForecasterTask task = new(model, options, data.Windows(options.Seed), data.LastSteps());
        double before = task.Validate(cancellationToken);
        using BestWeights first = new(task.Parameters);
        first.Keep();
        using TrainingRun run = new(task, options, progress, cancellationToken);
        TrainingResult result = run.Complete();
        if (result.ValidationLoss < before)
            return result;
        first.Restore();
        return result with { ResultStep = 0, ValidationLoss = before };
    }

    private static void Check(TrainingOptions options)
    {
        TrainingOptions defaults = new();
        options.Check(hasValidation: true);
        TrainingChecks.RequireUnused(
            "forecasters",
            (nameof(options.Dropout), options.Dropout, defaults.Dropout),
            (nameof(options.LabelSmoothing), options.LabelSmoothing, defaults.LabelSmoothing),
            (nameof(options.Precision), options.Precision, defaults.Precision),
            (nameof(options.Form), options.Form, defaults.Form),
            (nameof(options.ChunkLength), options.ChunkLength, defaults.ChunkLength),
            (nameof(options.CarryState), options.CarryState, defaults.CarryState),
            (nameof(options.Answers), options.Answers, defaults.Answers));
    }

    /// <summary>The first series of a source.</summary>
    private sealed class FirstSeries(ISeriesSource source, int count) : ISeriesSource
    {
        public double Count => count;

        public string Fingerprint => $"{source.Fingerprint}, {count} series";

        public TrainingSeries Get(long index) => source.Get(index);
    }
}
