using System.Diagnostics;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Training.Optimizer;

namespace RetNet.Extensions.Core.Training.Run;

/// <summary>The training loop: step after step the gradient, clipped, into AdamW; validation, progress, checkpoints in between.</summary>
internal sealed class TrainingRun : IDisposable
{
    private const double RateSmoothing = 0.1;
    private const int DefaultWarmup = 20;

    private readonly TrainingTask _task;
    private readonly TrainingOptions _options;
    private readonly IProgress<TrainingProgress>? _progress;
    private readonly CancellationToken _cancellation;
    private readonly AdamW _optimizer;
    private readonly BestWeights? _best;
    private readonly TrainingCheckpoint? _checkpoint;
    private readonly LearningRateSchedule _schedule;
    private readonly Stopwatch _watch = new();
    private readonly long _steps;
    private TrainingStatus _status = new();
    private double _secondsPerStep;
    private double _tokensPerSecond;

    // Whether weights, optimiser and best weights are those after the last step.
    private bool _isWhole = true;

    public TrainingRun(
        TrainingTask task, TrainingOptions options, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        (_task, _options, _progress, _cancellation) = (task, options, progress, cancellationToken);
        _steps = options.Steps ?? StepsOf(options.Epochs);
        long warmup = options.WarmupSteps ?? Math.Min(DefaultWarmup, _steps / 10);
        if (warmup > _steps)
            throw new ArgumentException($"{nameof(options.WarmupSteps)} is {warmup}; expected at most the number of steps, {_steps}.");
        _schedule = new LearningRateSchedule(options.LearningRate, options.MinimumLearningRate, warmup, _steps, options.Schedule);
        _optimizer = new AdamW(task.Parameters, options, task.Pool);
        try
        {
            _best = options.KeepBest ? new BestWeights(task.Parameters) : null;
            _checkpoint = options.CheckpointFile is { } file ? new TrainingCheckpoint(file, task, options, _optimizer, _best) : null;
        }
        catch
        {
            _best?.Dispose();
            _optimizer.Dispose();
            throw;
        }
    }

    private TimeSpan Elapsed => _status.EarlierTime + _watch.Elapsed;

    /// <summary>Trains to the end.</summary>
    public TrainingResult Complete()
    {
        if (_options.Resume && File.Exists(_options.CheckpointFile))
            _status = _checkpoint!.Read();
        _watch.Start();
        try
        {
            ValidateIfDue();
            while (End() is null)
            {
                Step();
                ValidateIfDue();
                if (_options.CheckpointEvery > 0 && _status.Step % _options.CheckpointEvery == 0)
                    _checkpoint!.Write(_status, Elapsed);
                Report();
            }

            // Time may have run out after the last step, without an evaluation.
            ValidateIfDue();
        }
        catch (OperationCanceledException)
        {
            _checkpoint?.Write(_status, Elapsed);
            throw;
        }
        catch (Exception exception) when (exception is DeviceException or InsufficientMemoryException
            && _isWhole && _status.Step > 0 && !_options.CarryState)
        {
            // A carried state may have moved on in a part of the layers; then an earlier checkpoint stays.
            WriteIfReadable();
            throw;
        }

        _checkpoint?.Write(_status, Elapsed);
        _best?.Restore();
        TrainingPoint last = _options.KeepBest ? _status.Best! : _status.History[^1];
        return new TrainingResult
        {
            End = End()!.Value,
            Steps = _status.Step,
            ResultStep = last.Step,
            ValidationLoss = last.ValidationLoss,
            Tokens = _status.Tokens,
            Elapsed = Elapsed,
            History = _status.History,
        };
    }

    public void Dispose()
    {
        _best?.Dispose();
        _optimizer.Dispose();
    }

    /// <summary>Why training is over, or null. It depends only on what a checkpoint holds, so that a resumed run ends at the same
    /// step.</summary>
    private TrainingEnd? End()
    {
        if (_status.Step >= _steps)
            return TrainingEnd.Completed;
        if (_options.Patience > 0 && _status.MeasurementsSinceBest >= _options.Patience)
            return TrainingEnd.EarlyStopping;
        return _status.Step > 0 && Elapsed >= _options.TimeLimit ? TrainingEnd.TimeLimit : null;
    }

    private void WriteIfReadable()
    {
        try
        {
            _checkpoint?.Write(_status, Elapsed);
        }
        catch (DeviceException)
        {
            // A device that failed for another reason than its memory may not answer any more; an earlier checkpoint stays.
        }
    }

    private void Step()
    {
        _cancellation.ThrowIfCancellationRequested();
        long start = Stopwatch.GetTimestamp();
        double rate = _schedule.Rate(_status.Step, _options.TimeLimit is { } limit ? Math.Min(1, Elapsed / limit) : 0);
        _task.ClearGradients();
        StepLoss loss = _task.AddGradients(_status.Step, _cancellation);
        if (loss.Mean is { } mean)
        {
            double norm = GradientNorm.Compute(_task.Parameters);
            if (!double.IsFinite(mean) || !double.IsFinite(norm))
                throw new TrainingException(_status.Step + 1, mean, norm, FileOfRun);
            _isWhole = false;
            _optimizer.Step(rate, _options.ClipNorm > 0 && norm > _options.ClipNorm ? _options.ClipNorm / norm : 1);
            _status.Tokens += loss.Tokens;
            _status.Add(new TrainingPoint(_status.Step + 1, mean, null, rate, norm));
            _isWhole = true;
        }
        else
        {
            // Moments and weight decay would change the weights, although there was nothing to learn.
            _status.Add(new TrainingPoint(_status.Step + 1, double.NaN, null, rate, 0));
        }

        MeasureSpeed(Stopwatch.GetElapsedTime(start).TotalSeconds, loss.Tokens);
    }

    private string? FileOfRun => _checkpoint?.IsOfRun == true ? _options.CheckpointFile : null;

    private void MeasureSpeed(double seconds, long tokens)
    {
        bool isFirst = _secondsPerStep == 0;
        seconds = Math.Max(seconds, 1e-9);
        _secondsPerStep = isFirst ? seconds : _secondsPerStep + (RateSmoothing * (seconds - _secondsPerStep));
        _tokensPerSecond = isFirst ? tokens / seconds : _tokensPerSecond + (RateSmoothing * ((tokens / seconds) - _tokensPerSecond));
    }

    private void ValidateIfDue()
    {
        if (!_task.HasValidation || _status.Step == 0 || _status.History[^1].ValidationLoss is not null || !ValidationIsDue())
            return;
        double loss = _task.Validate(_cancellation);
        if (!double.IsFinite(loss))
            throw new TrainingException(_status.History[^1], loss, FileOfRun);
        _isWhole = false;
        if (_status.AddValidationLoss(loss))
            _best?.Keep();
        _isWhole = true;
    }

    private bool ValidationIsDue()
    {
        // The last step is always evaluated, also when the time limit is reached.
        if (_status.Step >= _steps || Elapsed >= _options.TimeLimit)
            return true;
        return _options.EvaluateEvery > 0
            ? _status.Step % _options.EvaluateEvery == 0
            : Math.Floor(Epoch(_status.Step)) > Math.Floor(Epoch(_status.Step - 1));
    }

    private double ItemsPerStep => (double)_task.ItemsPerBatch * _options.AccumulationSteps;

    // Whole passes give whole numbers: one division, of whole numbers.
    private double Epoch(long step) => step * ItemsPerStep / _task.ItemsPerEpoch;

    // In decimal digits, as the number of epochs was written: 0.1 times 70 is 7.
    private long StepsOf(double epochs) =>
        Math.Max(1, (long)Math.Ceiling((decimal)epochs * (decimal)_task.ItemsPerEpoch / (decimal)ItemsPerStep));

    private void Report()
    {
        if (_progress is null)
            return;
        TrainingPoint last = _status.History[^1];
        TimeSpan remaining = TimeSpan.FromSeconds(Math.Min((_steps - _status.Step) * _secondsPerStep, TimeSpan.MaxValue.TotalSeconds / 2));
        if (_options.TimeLimit - Elapsed is { } left && left < remaining)
            remaining = left > TimeSpan.Zero ? left : TimeSpan.Zero;
        _progress.Report(new TrainingProgress
        {
            Step = _status.Step,
            Steps = _steps,
            Epoch = Epoch(_status.Step),
            Loss = last.Loss,
            ValidationLoss = last.ValidationLoss,
            LearningRate = last.LearningRate,
            GradientNorm = last.GradientNorm,
            TokensPerSecond = _tokensPerSecond,
            Elapsed = Elapsed,
            Remaining = remaining,
        });
    }
}
