namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>The first half of a block, <c>x ← x + Mix(n1(x))</c>: retention or attention, the only place where tokens see each other.</summary>
internal abstract unsafe class MixingLayer : IDisposable
{
    /// <summary><c>y = x + Mix(n1(x))</c>, keeping what the backward pass needs.</summary>
    /// <param name="pass">The batch.</param>
    /// <param name="x"><c>[rows × d]</c>; lives until the backward pass.</param>
    /// <param name="y"><c>[rows × d]</c>.</param>
    public abstract void Forward(TrainingPass pass, float* x, float* y);

    /// <summary>Turns the gradient of y into that of x, and adds to the weights' gradients.</summary>
    /// <param name="pass">The batch.</param>
    /// <param name="x">As in the forward pass.</param>
    /// <param name="gradient"><c>[rows × d]</c>, in place.</param>
    public abstract void Backward(TrainingPass pass, float* x, float* gradient);

    public abstract void Dispose();
}
