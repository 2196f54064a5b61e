namespace RetNet.Extensions.Core.Training;

/// <summary>The progress of a training after a step.</summary>
public sealed record TrainingProgress
{
    /// <summary>Steps that are done.</summary>
    public required long Step { get; init; }

    /// <summary>The planned number of steps; a time limit or early stopping may end training before.</summary>
    public required long Steps { get; init; }

    /// <summary>Completed passes through the data, plus the completed part of the current one.</summary>
    public required double Epoch { get; init; }

    /// <summary>Mean loss of the step's batches, before its update; NaN as in <see cref="TrainingPoint.Loss"/>.</summary>
    public required double Loss { get; init; }

    /// <summary>Mean loss on the validation data, where it was measured after this step.</summary>
    public double? ValidationLoss { get; init; }

    /// <summary>Learning rate of the step.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Norm of the step's gradient, before it was clipped.</summary>
    public required double GradientNorm { get; init; }

    /// <summary>Tokens per second of the latest steps.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Time since training began, including earlier parts of a resumed run.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Time that is estimated to be left.</summary>
    public required TimeSpan Remaining { get; init; }
}
