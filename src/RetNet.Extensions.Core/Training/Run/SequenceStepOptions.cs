namespace RetNet.Extensions.Core.Training.Run;

/// <summary>Settings of one pass of a <see cref="SequenceHead"/>.</summary>
internal sealed record SequenceStepOptions
{
    internal static SequenceStepOptions Default { get; } = new();

    /// <summary>The weight of each sequence in the mean loss, such as one for rare classes; null for 1 each.</summary>
    public IReadOnlyList<float>? Weights { get; init; }

    /// <summary>The part of the target's probability that is spread over all classes, in [0, 1). Default 0. Not for numbers.</summary>
    public float LabelSmoothing { get; init; }

    /// <summary>Factor of the loss in the gradients, such as one over the number of accumulated batches. Default 1.</summary>
    public float Scale { get; init; } = 1;

    internal float WeightOf(int sequence) => Weights is null ? 1 : Weights[sequence];

    internal void Check(int sequences)
    {
        if (Weights is not null && Weights.Count != sequences)
            throw new ArgumentException($"{nameof(Weights)} has {Weights.Count} values for {sequences} sequences.");
        if (Weights is not null && Weights.Any(weight => !(weight >= 0) || !float.IsFinite(weight)))
            throw new ArgumentException($"{nameof(Weights)} holds a value that is negative or not a number.");
        if (!(LabelSmoothing is >= 0 and < 1))
            throw new ArgumentException($"{nameof(LabelSmoothing)} is {LabelSmoothing}; expected at least 0 and below 1.");
        if (!float.IsFinite(Scale))
            throw new ArgumentException($"{nameof(Scale)} is {Scale}; expected a number.");
    }
}
