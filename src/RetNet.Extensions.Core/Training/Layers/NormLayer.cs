using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>An RMS norm, <c>y = x / √(mean(x²) + ε) ⊙ w</c>, over each row or each head of a row.</summary>
/// <param name="weight">w, <c>[width]</c>; null for none.</param>
/// <param name="width">Values that are normalised together.</param>
/// <param name="epsilon">ε.</param>
/// <param name="added">What w is more than the parameter: 1 for Gemma's norms.</param>
internal sealed unsafe class NormLayer(Parameter? weight, int width, float epsilon, float added = 0) : IDisposable
{
    // The weight's gradient is summed within blocks of rows and then over the blocks, so that it does not depend on the number of threads.
    private const int RowsPerBlock = 64;

    private readonly NativeBuffer<float> _partialGradients = new(0);
    private readonly NativeBuffer<float> _sum = new(added == 0 ? 0 : width);

    /// <summary>w; null for none.</summary>
    public float* Weight()
    {
        if (weight is null || added == 0)
            return weight is null ? null : weight.ValuePointer;
        System.Numerics.Tensors.TensorPrimitives.Add(weight.Values, added, _sum.Span);
        return _sum.Pointer;
    }

    /// <summary>Normalises rows of one thread.</summary>
    /// <param name="w"><see cref="Weight"/>, computed before the threads begin.</param>
    /// <param name="x"><c>[rows × width]</c>.</param>
    /// <param name="y"><c>[rows × width]</c>.</param>
    /// <param name="rows">The number of rows.</param>
    public void Forward(float* w, float* x, float* y, int rows) => Normalization.Rms(x, w, y, rows, width, epsilon);

    public void Forward(TrainingPass pass, float* x, float* y)
    {
        float* w = Weight();
        pass.ForRows(4L * width, (from, to) => Forward(w, x + ((long)from * width), y + ((long)from * width), to - from));
    }

    /// <summary>dx (+)= ∂y/∂x · dy and the weight's gradient.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="x">The input of the forward pass, <c>[rows × width]</c>.</param>
    /// <param name="dy"><c>[rows × width]</c>.</param>
    /// <param name="dx"><c>[rows × width]</c>; may be dy unless it is added to.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="add">True to add to dx, as the gradient of a residual connection.</param>
    public void Backward(WorkerPool pool, float* x, float* dy, float* dx, int rows, bool add)
    {
        int blocks = (rows + RowsPerBlock - 1) / RowsPerBlock;
        if (weight is not null)
            _partialGradients.Reserve((long)blocks * width);
        float* w = Weight();
        float* partial = weight is null ? null : _partialGradients.Pointer;
        pool.For(blocks, 8L * rows * width, (from, to) =>
        {
            for (int block = from; block < to; block++)
            {
                long first = (long)block * RowsPerBlock * width;
                int count = Math.Min(RowsPerBlock, rows - (block * RowsPerBlock));
                float* dw = partial is null ? null : partial + ((long)block * width);
                if (dw is not null)
                    new Span<float>(dw, width).Clear();
                Normalization.RmsBackward(x + first, w, dy + first, dx + first, dw, count, width, epsilon, add);
            }
        });
        if (weight is null)
            return;
        Span<float> gradient = weight.Gradient;
        for (int block = 0; block < blocks; block++)
        {
            System.Numerics.Tensors.TensorPrimitives.Add(gradient, new ReadOnlySpan<float>(partial + ((long)block * width), width),
                gradient);
        }
    }

    public void Dispose()
    {
        _partialGradients.Dispose();
        _sum.Dispose();
    }
}
