namespace RetNet.Extensions.Core.Training.Run;

/// <summary>A text with its label.</summary>
/// <param name="Tokens">The text's tokens, at least one.</param>
/// <param name="Target">The index of its class (<see cref="SequenceLoss.CrossEntropy"/>), 0 or 1 (<see cref="SequenceLoss.Logistic"/>), or
/// a value (<see cref="SequenceLoss.SquaredError"/>).</param>
public readonly record struct LabelledSequence(ReadOnlyMemory<int> Tokens, float Target)
{
    /// <summary>How much its loss counts, above 0: 2 is the same as two such sequences in one batch. Default 1. Multiplied with the weight
    /// of its class.</summary>
    public float Weight { get; init; } = 1;
}
