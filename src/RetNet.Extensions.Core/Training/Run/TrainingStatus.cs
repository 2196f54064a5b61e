namespace RetNet.Extensions.Core.Training.Run;

/// <summary>The progress of a training, apart from weights and optimiser.</summary>
internal sealed class TrainingStatus
{
    private readonly List<TrainingPoint> _history = [];

    /// <summary>Steps that are done.</summary>
    public long Step => _history.Count;

    /// <summary>Tokens that were trained on.</summary>
    public long Tokens { get; set; }

    /// <summary>Time that it took up to the checkpoint that the training was resumed from.</summary>
    public TimeSpan EarlierTime { get; init; }

    /// <summary>All steps.</summary>
    public IReadOnlyList<TrainingPoint> History => _history;

    /// <summary>The step with the lowest validation loss, the first of equals.</summary>
    public TrainingPoint? Best { get; private set; }

    /// <summary>How many times in a row the validation loss was measured without falling below its lowest.</summary>
    public int MeasurementsSinceBest { get; private set; }

    public void Add(TrainingPoint point)
    {
        _history.Add(point);
        if (point.ValidationLoss is { } loss)
            Measure(loss);
    }

    /// <summary>Adds the validation loss to the last step.</summary>
    /// <returns>Whether it is the lowest so far.</returns>
    public bool AddValidationLoss(double loss)
    {
        _history[^1] = _history[^1] with { ValidationLoss = loss };
        Measure(loss);
        return Best!.Step == Step;
    }

    private void Measure(double loss)
    {
        bool isBest = Best is null || loss < Best.ValidationLoss;
        MeasurementsSinceBest = isBest ? 0 : MeasurementsSinceBest + 1;
        if (isBest)
            Best = _history[^1];
    }
}
