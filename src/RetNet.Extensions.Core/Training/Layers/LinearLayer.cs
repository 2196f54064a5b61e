using System.Numerics.Tensors;
using RetNet.Extensions.Core.Kernels.Matrices;
using RetNet.Extensions.Core.Kernels.Threads;

namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>A linear layer, <c>y = x Wᵀ (+ b)</c>, with W <c>[outputs × inputs]</c>.</summary>
/// <param name="weight">W; tensors that follow it in memory may be the further rows of W.</param>
/// <param name="outputs">Rows of W.</param>
/// <param name="inputs">Columns of W.</param>
/// <param name="bias">b, <c>[outputs]</c>, or null.</param>
internal sealed unsafe class LinearLayer(Parameter weight, int outputs, int inputs, Parameter? bias = null)
{
    private const int ColumnsPerBlock = 64;

    /// <summary>Rows of W.</summary>
    public int Outputs => outputs;

    /// <summary><c>y (+)= x Wᵀ + b</c>.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="x"><c>[rows × inputs]</c>.</param>
    /// <param name="y"><c>[rows × outputs]</c>.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="add">True to add to y.</param>
    public void Forward(WorkerPool pool, float* x, float* y, int rows, bool add = false)
    {
        MatrixProduct.Apply(pool, Matrix(x, rows, inputs), Matrix(weight.ValuePointer, outputs, inputs).Transposed, y, outputs, add);
        if (bias is null)
            return;
        float* b = bias.ValuePointer;
        pool.For(rows, (long)rows * outputs, (from, to) =>
        {
            for (int row = from; row < to; row++)
            {
                Span<float> target = new(y + ((long)row * outputs), outputs);
                TensorPrimitives.Add(target, new ReadOnlySpan<float>(b, outputs), target);
            }
        });
    }

    /// <summary><c>dx = dy W</c>, <c>dW += dyᵀ x</c>, <c>db += Σ dy</c>.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="x"><c>[rows × inputs]</c>, as in the forward pass.</param>
    /// <param name="dy"><c>[rows × outputs]</c>.</param>
    /// <param name="dx"><c>[rows × inputs]</c>; null where x has no gradient.</param>
    /// <param name="rows">The number of rows.</param>
    public void Backward(WorkerPool pool, float* x, float* dy, float* dx, int rows)
    {
        if (dx is not null)
            MatrixProduct.Apply(pool, Matrix(dy, rows, outputs), Matrix(weight.ValuePointer, outputs, inputs), dx, inputs, add: false);
        MatrixProduct.Apply(pool, Matrix(dy, rows, outputs).Transposed, Matrix(x, rows, inputs), weight.GradientPointer, inputs, add: true);
        if (bias is not null)
            AddColumnSums(pool, dy, rows, bias.GradientPointer);
    }

    private static MatrixView Matrix(float* data, int rows, int columns) => new(data, rows, columns, columns, 1);

    private void AddColumnSums(WorkerPool pool, float* dy, int rows, float* sums)
    {
        int blocks = (outputs + ColumnsPerBlock - 1) / ColumnsPerBlock;
        pool.For(blocks, (long)rows * outputs, (from, to) =>
        {
            int last = Math.Min(to * ColumnsPerBlock, outputs);
            for (int row = 0; row < rows; row++)
            {
                for (int i = from * ColumnsPerBlock; i < last; i++)
                    sums[i] += dy[((long)row * outputs) + i];
            }
        });
    }
}
