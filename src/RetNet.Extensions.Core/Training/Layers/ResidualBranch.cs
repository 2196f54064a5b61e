namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>The end of half a block: <c>y = x + dropout(h Wᵀ)</c>.</summary>
internal static unsafe class ResidualBranch
{
    /// <summary>Computes y.</summary>
    /// <param name="pass">The batch.</param>
    /// <param name="output">W, <c>[d × inner]</c>.</param>
    /// <param name="hidden">h, <c>[rows × inner]</c>.</param>
    /// <param name="x"><c>[rows × d]</c>.</param>
    /// <param name="y"><c>[rows × d]</c>.</param>
    /// <param name="width">d.</param>
    /// <param name="place">For dropout.</param>
    /// <param name="branch">Scratch, <c>[rows × d]</c>.</param>
    public static void Add(TrainingPass pass, LinearLayer output, float* hidden, float* x, float* y, int width, int place, float* branch)
    {
        if (pass.Dropout == 0)
        {
            pass.ForRows(width, (from, to) => Slice(x, from, to, width).CopyTo(Slice(y, from, to, width)));
            output.Forward(pass.Pool, hidden, y, pass.Rows, add: true);
            return;
        }

        output.Forward(pass.Pool, hidden, branch, pass.Rows);
        DropoutLayer.Apply(pass, place, branch, width);
        pass.ForRows(width, (from, to) =>
            System.Numerics.Tensors.TensorPrimitives.Add(Slice(x, from, to, width), Slice(branch, from, to, width),
                Slice(y, from, to, width)));
    }

    /// <summary>The gradient of h Wᵀ: that of y, with the same values dropped.</summary>
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
