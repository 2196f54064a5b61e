namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>The feed-forward network F of a block: one gated network, or experts. Model width d.</summary>
internal abstract unsafe class NetworkLayer : IDisposable
{
    /// <summary><c>y (+)= F(n)</c>, keeping what the backward pass needs.</summary>
    /// <param name="pass">The batch.</param>
    /// <param name="n"><c>[rows × d]</c>.</param>
    /// <param name="y"><c>[rows × d]</c>.</param>
    /// <param name="add">True to add to y.</param>
    public abstract void Forward(TrainingPass pass, float* n, float* y, bool add);

    /// <summary>The gradient of n, and those of the weights, which are added to.</summary>
    /// <param name="pass">The batch.</param>
    /// <param name="n">As in the forward pass.</param>
    /// <param name="dy"><c>[rows × d]</c>.</param>
    /// <param name="dn">Receives the gradient, <c>[rows × d]</c>; may be dy.</param>
    public abstract void Backward(TrainingPass pass, float* n, float* dy, float* dn);

    public abstract void Dispose();
}
