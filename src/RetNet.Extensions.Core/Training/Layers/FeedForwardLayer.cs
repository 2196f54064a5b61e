namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>The second half of a block, <c>x ← x + F(n2(x))</c>. Model width d.</summary>
/// <param name="norm">n2.</param>
/// <param name="network">F.</param>
/// <param name="width">d.</param>
/// <param name="place">For dropout.</param>
/// <param name="scratch">Memory of all layers.</param>
internal sealed unsafe class FeedForwardLayer(NormLayer norm, NetworkLayer network, int width, int place, TrainingScratch scratch)
    : IDisposable
{
    public void Forward(TrainingPass pass, float* x, float* y)
    {
        norm.Forward(pass, x, scratch.Normalized);
        ResidualBranch.Add(pass, (target, add) => network.Forward(pass, scratch.Normalized, target, add), x, y, width, place,
            scratch.Branch);
    }

    public void Backward(TrainingPass pass, float* x, float* gradient)
    {
        float* dBranch = ResidualBranch.Gradient(pass, gradient, width, place, scratch.Branch);
        norm.Forward(pass, x, scratch.Normalized);
        network.Backward(pass, scratch.Normalized, dBranch, scratch.Branch);
        norm.Backward(pass.Pool, x, scratch.Branch, gradient, pass.Rows, add: true);
    }

    public void Dispose()
    {
        norm.Dispose();
        network.Dispose();
    }
}
