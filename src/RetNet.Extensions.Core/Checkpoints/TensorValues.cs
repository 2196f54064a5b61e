namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>The values of a tensor that is written, in row-major order.</summary>
/// <returns>As many as the tensor's shape says; only used until the next call.</returns>
public delegate ReadOnlySpan<float> TensorValues();
