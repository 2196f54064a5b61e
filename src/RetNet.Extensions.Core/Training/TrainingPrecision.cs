namespace RetNet.Extensions.Core.Training;

/// <summary>The type that the matrix products of training are computed in. Weights, gradients, norms, softmax, loss and optimiser are
/// float32 in any case.</summary>
public enum TrainingPrecision
{
    /// <summary>float32.</summary>
    Float32,

    /// <summary>Mixed precision: products of bfloat16, which GPUs compute several times as fast. Not for the managed engine of the
    /// CPU.</summary>
    BFloat16,
}
