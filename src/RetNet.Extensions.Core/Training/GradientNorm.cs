using System.Numerics.Tensors;

namespace RetNet.Extensions.Core.Training;

/// <summary>The length of the gradient of all parameters together, for clipping.</summary>
public static class GradientNorm
{
    private const int BlockLength = 4096;

    /// <summary>√Σ g² over all parameters.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <returns>The norm; NaN or infinite when a gradient is.</returns>
    public static double Compute(IReadOnlyList<Parameter> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        double sum = 0;
        foreach (Parameter parameter in parameters)
        {
            ReadOnlySpan<float> gradient = parameter.Gradient;
            for (int i = 0; i < gradient.Length; i += BlockLength)
                sum += TensorPrimitives.SumOfSquares(gradient.Slice(i, Math.Min(BlockLength, gradient.Length - i)));
        }

        return Math.Sqrt(sum);
    }
}
