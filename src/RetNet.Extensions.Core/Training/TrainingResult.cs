namespace RetNet.Extensions.Core.Training;

/// <summary>The outcome of a training. The weights are in the model.</summary>
public sealed record TrainingResult
{
    /// <summary>Why it ended.</summary>
    public required TrainingEnd End { get; init; }

    /// <summary>Steps that were done.</summary>
    public required long Steps { get; init; }

    /// <summary>The step, from 1, after which the weights are those of the result: the last one, or the best one where
    /// <see cref="TrainingOptions.KeepBest"/> asks for it.</summary>
    public required long ResultStep { get; init; }

    /// <summary>Validation loss of the result, where there is validation data.</summary>
    public required double? ValidationLoss { get; init; }

    /// <summary>Tokens that were trained on.</summary>
    public required long Tokens { get; init; }

    /// <summary>Duration, including earlier parts of a resumed run.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>All steps, in order.</summary>
    public required IReadOnlyList<TrainingPoint> History { get; init; }
}
