using RetNet.Extensions.Core.Kernels;

namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>Memory that all layers use, one after the other.</summary>
/// <param name="width">Model width d.</param>
/// <param name="inner">The widest input of an output projection.</param>
/// <param name="projection">The widest output of an input projection.</param>
internal sealed unsafe class TrainingScratch(int width, int inner, int projection) : IDisposable
{
    private readonly ScratchRows _rows = new([width, width, inner, projection]);

    /// <summary>The normalised input of half a block, <c>[rows × d]</c>.</summary>
    public float* Normalized => _rows[0];

    /// <summary>What half a block adds to the residual stream, or a gradient of that width, <c>[rows × d]</c>.</summary>
    public float* Branch => _rows[1];

    /// <summary>The gradient of an output projection's input, <c>[rows × inner]</c>.</summary>
    public float* InnerGradient => _rows[2];

    /// <summary>The gradient of the input projections, <c>[rows × projection]</c>.</summary>
    public float* ProjectionGradient => _rows[3];

    public void Reserve(int rows) => _rows.Reserve(rows);

    public void Dispose() => _rows.Dispose();
}
