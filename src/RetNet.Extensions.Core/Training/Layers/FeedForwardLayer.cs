namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>The second half of a block, <c>x ← x + F(n2(x))</c>. Model width d.</summary>
/// <param name="half">The norms and the residual connection.</param>
/// <param name="network">F.</param>
/// <param name="scratch">Memory of all layers.</param>
internal sealed unsafe class FeedForwardLayer(HalfBlock half, NetworkLayer network, TrainingScratch scratch) : IDisposable
{
    public void Forward(TrainingPass pass, float* x, float* y)
    {
        float* input = half.Input(pass, x);
        half.Add(pass, (target, add) => network.Forward(pass, input, target, add), x, y);
    }

    public void Backward(TrainingPass pass, float* x, float* gradient)
    {
        float* dOutput = half.OutputGradient(pass, gradient);
        network.Backward(pass, half.Input(pass, x), dOutput, scratch.Branch);
        half.AddInputGradient(pass, x, scratch.Branch, gradient);
    }

    public void Dispose()
    {
        half.Dispose();
        network.Dispose();
    }
}
