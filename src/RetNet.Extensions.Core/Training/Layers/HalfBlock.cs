using System.Numerics.Tensors;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>What the halves of a block have in common, <c>y = x + dropout(s · n'(F(n(x))))</c>: the norms around F, of which either may be
/// absent, the factor s and the residual connection. Model width d.</summary>
/// <param name="norm">n; null where F reads x itself.</param>
/// <param name="outputNorm">n'; null for none.</param>
/// <param name="scale">s.</param>
/// <param name="width">d.</param>
/// <param name="place">For dropout.</param>
/// <param name="scratch">Memory of all layers.</param>
internal sealed unsafe class HalfBlock(
    NormLayer? norm, NormLayer? outputNorm, float scale, int width, int place, TrainingScratch scratch) : IDisposable
{
    private readonly ScratchRows _beforeOutputNorm = new([outputNorm is null ? 0 : width]);

    /// <summary>n(x), <c>[rows × d]</c>; valid until other layers run.</summary>
    public float* Input(TrainingPass pass, float* x)
    {
        if (norm is null)
            return x;
        norm.Forward(pass, x, scratch.Normalized);
        return scratch.Normalized;
    }

    /// <summary>Computes y.</summary>
    /// <param name="pass">The batch.</param>
    /// <param name="compute">Computes F.</param>
    /// <param name="x"><c>[rows × d]</c>.</param>
    /// <param name="y"><c>[rows × d]</c>.</param>
    public void Add(TrainingPass pass, BranchOutput compute, float* x, float* y)
    {
        if (outputNorm is null && scale == 1 && pass.Dropout == 0)
        {
            pass.ForRows(width, (from, to) => Slice(x, from, to).CopyTo(Slice(y, from, to)));
            compute(y, add: true);
            return;
        }

        float* branch = scratch.Branch;
        if (outputNorm is null)
        {
            compute(branch, add: false);
        }
        else
        {
            _beforeOutputNorm.Reserve(pass.Rows);
            compute(_beforeOutputNorm[0], add: false);
            outputNorm.Forward(pass, _beforeOutputNorm[0], branch);
        }

        if (pass.Dropout > 0)
            DropoutLayer.Apply(pass, place, branch, width);
        pass.ForRows(width, (from, to) =>
        {
            if (scale == 1)
                TensorPrimitives.Add(Slice(x, from, to), Slice(branch, from, to), Slice(y, from, to));
            else
                TensorPrimitives.MultiplyAdd(Slice(branch, from, to), scale, Slice(x, from, to), Slice(y, from, to));
        });
    }

    /// <summary>The gradient of F's result.</summary>
    /// <param name="pass">The batch.</param>
    /// <param name="gradient">That of y, <c>[rows × d]</c>.</param>
    /// <returns>The gradient of y itself, or the scratch memory for a branch.</returns>
    public float* OutputGradient(TrainingPass pass, float* gradient)
    {
        if (outputNorm is null && scale == 1 && pass.Dropout == 0)
            return gradient;
        float* branch = scratch.Branch;
        pass.ForRows(width, (from, to) => TensorPrimitives.Multiply(Slice(gradient, from, to), scale, Slice(branch, from, to)));
        if (pass.Dropout > 0)
            DropoutLayer.Apply(pass, place, branch, width);
        outputNorm?.Backward(pass.Pool, _beforeOutputNorm[0], branch, branch, pass.Rows, add: false);
        return branch;
    }

    /// <summary>Adds to the gradient of y what comes through F, so that it becomes that of x.</summary>
    /// <param name="pass">The batch.</param>
    /// <param name="x"><c>[rows × d]</c>.</param>
    /// <param name="inputGradient">The gradient of n(x), <c>[rows × d]</c>.</param>
    /// <param name="gradient">That of y, <c>[rows × d]</c>.</param>
    public void AddInputGradient(TrainingPass pass, float* x, float* inputGradient, float* gradient)
    {
        if (norm is null)
        {
            pass.ForRows(width, (from, to) =>
                TensorPrimitives.Add(Slice(gradient, from, to), Slice(inputGradient, from, to), Slice(gradient, from, to)));
        }
        else
        {
            norm.Backward(pass.Pool, x, inputGradient, gradient, pass.Rows, add: true);
        }
    }

    public void Dispose()
    {
        norm?.Dispose();
        outputNorm?.Dispose();
        _beforeOutputNorm.Dispose();
    }

    private Span<float> Slice(float* x, int from, int to) => new(x + ((long)from * width), (to - from) * width);
}

/// <summary>Computes what half a block adds to the residual stream.</summary>
/// <param name="y"><c>[rows × d]</c>.</param>
/// <param name="add">True to add to y.</param>
internal unsafe delegate void BranchOutput(float* y, bool add);
