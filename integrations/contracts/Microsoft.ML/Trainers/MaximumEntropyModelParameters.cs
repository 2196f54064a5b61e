using Microsoft.ML.Internal;

namespace Microsoft.ML.Trainers;

public sealed class MaximumEntropyModelParameters
{
    internal MaximumEntropyModelParameters(LinearModel model) => Model = model;

    internal LinearModel Model { get; }
}
