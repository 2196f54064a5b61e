using Microsoft.ML.Internal;

namespace Microsoft.ML.Trainers;

public sealed class LinearBinaryModelParameters
{
    internal LinearBinaryModelParameters(LinearModel model) => Model = model;

    internal LinearModel Model { get; }
}
