using System.Numerics.Tensors;

namespace RetNet.Extensions.Core.Forecasting;

/// <summary>The naive forecasts' part in a prediction: each quantile of step h is <c>z_h + Σ_k w_k n_kh</c> with weights w = softmax(a)
/// that the network chooses for each token. What is regular in a series is so taken over exactly, and the network predicts the
/// rest.</summary>
internal static class NaiveMixture
{
    /// <summary>Adds the mixture to the quantiles; the logits become the weights.</summary>
    /// <param name="outputs">z and a, <c>[L·Q + K]</c>.</param>
    /// <param name="naive">n, <c>[K × L]</c>.</param>
    /// <param name="quantiles">L·Q.</param>
    public static void Add(Span<float> outputs, ReadOnlySpan<float> naive, int quantiles)
    {
        Span<float> weights = outputs[quantiles..];
        Softmax(weights);
        int steps = naive.Length / weights.Length, levels = quantiles / steps;
        for (int step = 0; step < steps; step++)
        {
            float mixed = 0;
            for (int k = 0; k < weights.Length; k++)
                mixed += weights[k] * naive[(k * steps) + step];
            Span<float> z = outputs.Slice(step * levels, levels);
            TensorPrimitives.Add(z, mixed, z);
        }
    }

    /// <summary>Replaces the weights by the gradient of their logits: with g_k = Σ_h n_kh Σ_q dz_hq,
    /// da_k = w_k (g_k − Σ_j w_j g_j).</summary>
    /// <param name="gradients">The gradient of the quantiles, and the weights, <c>[L·Q + K]</c>.</param>
    /// <param name="naive">n, <c>[K × L]</c>.</param>
    /// <param name="quantiles">L·Q.</param>
    public static void Backward(Span<float> gradients, ReadOnlySpan<float> naive, int quantiles)
    {
        Span<float> weights = gradients[quantiles..];
        int steps = naive.Length / weights.Length, levels = quantiles / steps;
        Span<float> slopes = stackalloc float[weights.Length];
        slopes.Clear();
        for (int step = 0; step < steps; step++)
        {
            float slope = TensorPrimitives.Sum<float>(gradients.Slice(step * levels, levels));
            for (int k = 0; k < slopes.Length; k++)
                slopes[k] += slope * naive[(k * steps) + step];
        }

        float mean = TensorPrimitives.Dot<float>(weights, slopes);
        for (int k = 0; k < slopes.Length; k++)
            weights[k] *= slopes[k] - mean;
    }

    private static void Softmax(Span<float> values)
    {
        float largest = TensorPrimitives.Max<float>(values);
        float sum = 0;
        foreach (ref float value in values)
        {
            value = MathF.Exp(value - largest);
            sum += value;
        }

        foreach (ref float value in values)
            value /= sum;
    }
}
