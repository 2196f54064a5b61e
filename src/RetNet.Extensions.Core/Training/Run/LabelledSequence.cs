namespace RetNet.Extensions.Core.Training.Run;

/// <summary>A text with its label.</summary>
/// <param name="Tokens">The text's tokens, at least one.</param>
/// <param name="Target">The index of its class (<see cref="SequenceLoss.CrossEntropy"/>), 0 or 1 (<see cref="SequenceLoss.Logistic"/>), or
/// a value (<see cref="SequenceLoss.SquaredError"/>).</param>
public readonly record struct LabelledSequence(ReadOnlyMemory<int> Tokens, float Target)
{
    // So that a sequence that no constructor made has the weight 1, too.
    private readonly float? _weight;

    /// <summary>How much its loss counts, above 0, beside the mean weight of all sequences: 2 is the same as two such sequences. Default 1.
    /// Multiplied with the weight of its class.</summary>
    public float Weight
    {
        get => _weight ?? 1;
        init => _weight = value == 1 ? null : value;
    }
}
