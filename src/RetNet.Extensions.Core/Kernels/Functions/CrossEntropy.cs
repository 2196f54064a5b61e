using System.Numerics.Tensors;

namespace RetNet.Extensions.Core.Kernels.Functions;

/// <summary>The softmax cross-entropy of one row of logits, with its gradient.</summary>
internal static class CrossEntropy
{
    /// <summary>Replaces logits by the gradient of the loss, (softmax − one-hot) · scale.</summary>
    /// <param name="logits"><c>[vocabulary]</c>, in place.</param>
    /// <param name="target">The right index, or −1 for none: loss and gradient are then 0.</param>
    /// <param name="scale">Factor of the gradient.</param>
    /// <returns>−ln softmax(logits)[target].</returns>
    public static double Row(Span<float> logits, int target, float scale)
    {
        if (target < 0)
        {
            logits.Clear();
            return 0;
        }

        float largest = TensorPrimitives.Max<float>(logits);
        float right = logits[target] - largest;
        float sum = ExponentialRow.Apply(logits, largest);
        TensorPrimitives.Multiply(logits, scale / sum, logits);
        logits[target] -= scale;
        return Math.Log(sum) - right;
    }
}
