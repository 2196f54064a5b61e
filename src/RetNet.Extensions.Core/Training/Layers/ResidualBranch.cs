namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>The end of half a block: <c>y = x + dropout(F)</c>.</summary>
internal static unsafe class ResidualBranch
{
    /// <summary>Computes y.</summary>
    /// <param name="pass">The batch.</param>
    /// <param name="compute">Computes F.</param>
    /// <param name="x"><c>[rows × d]</c>.</param>
    /// <param name="y"><c>[rows × d]</c>.</param>
    /// <param name="width">d.</param>
    /// <param name="place">For dropout.</param>
    /// <param name="branch">Scratch, <c>[rows × d]</c>.</param>
    public static void Add(TrainingPass pass, BranchOutput compute, float* x, float* y, int width, int place, float* branch)
    {
        if (pass.Dropout == 0)
        {
            pass.ForRows(width, (from, to) => Slice(x, from, to, width).CopyTo(Slice(y, from, to, width)));
            compute(y, add: true);
            return;
        }

        compute(branch, add: false);
        DropoutLayer.Apply(pass, place, branch, width);
        pass.ForRows(width, (from, to) =>
            System.Numerics.Tensors.TensorPrimitives.Add(Slice(x, from, to, width), Slice(branch, from, to, width),
                Slice(y, from, to, width)));
    }

    /// <summary>The gradient of F: that of y, with the same values dropped.</summary>
    /// <returns>The gradient itself without dropout, else <paramref name="branch"/>.</returns>
    public static float* Gradient(TrainingPass pass, float* gradient, int width, int place, float* branch)
    {
        if (pass.Dropout == 0)
            return gradient;
        pass.ForRows(width, (from, to) => Slice(gradient, from, to, width).CopyTo(Slice(branch, from, to, width)));
        DropoutLayer.Apply(pass, place, branch, width);
        return branch;
    }

    private static Span<float> Slice(float* x, int from, int to, int width) => new(x + ((long)from * width), (to - from) * width);
}

/// <summary>Computes what half a block adds to the residual stream.</summary>
/// <param name="y"><c>[rows × d]</c>.</param>
/// <param name="add">True to add to y.</param>
internal unsafe delegate void BranchOutput(float* y, bool add);
