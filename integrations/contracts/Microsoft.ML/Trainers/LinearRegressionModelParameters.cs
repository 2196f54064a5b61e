using Microsoft.ML.Internal;

namespace Microsoft.ML.Trainers;

public sealed class LinearRegressionModelParameters
{
    internal LinearRegressionModelParameters(LinearModel model) => Model = model;

    internal LinearModel Model { get; }
}
