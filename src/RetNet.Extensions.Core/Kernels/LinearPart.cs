namespace RetNet.Extensions.Core.Kernels;

/// <summary>One of the linear layers that read the same input.</summary>
/// <param name="weights">W, <c>[outputs × inputs]</c>.</param>
/// <param name="bias"><c>[outputs]</c>, or null.</param>
/// <param name="y"><c>[count × outputs]</c>.</param>
/// <param name="add">True to add to y, as a residual connection does.</param>
internal readonly unsafe struct LinearPart(WeightMatrix weights, float* bias, float* y, bool add = false)
{
    public PackedWeights Weights { get; } = weights.Packed;

    public float* Bias { get; } = bias;

    public float* Y { get; } = y;

    public bool Add { get; } = add;
}
