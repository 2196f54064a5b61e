namespace RetNet.Extensions.Core.Forecasting.Training;

/// <summary>The quantile ("pinball") loss: ρ_τ(y, z) = (y − z) τ where y ≥ z, (z − y) (1 − τ) elsewhere.</summary>
internal static class QuantileLoss
{
    /// <summary>The mean loss of a token's quantiles; replaces them by its gradient.</summary>
    /// <param name="predicted"><c>[L × Q]</c>, in place.</param>
    /// <param name="targets">The observed values on the token's scale, <c>[L]</c>; NaN for those that count nothing.</param>
    /// <param name="weight">Factor of the loss and of the gradient.</param>
    /// <returns>weight times the mean of ρ over levels and observed steps; 0 where none was observed.</returns>
    public static double Row(Span<float> predicted, ReadOnlySpan<float> targets, float weight)
    {
        IReadOnlyList<double> levels = ForecasterConfiguration.Levels;
        int observed = 0;
        foreach (float target in targets)
            observed += float.IsNaN(target) ? 0 : 1;
        float share = observed == 0 ? 0 : weight / (observed * levels.Count);
        double loss = 0;
        for (int step = 0; step < targets.Length; step++)
        {
            Span<float> z = predicted.Slice(step * levels.Count, levels.Count);
            if (float.IsNaN(targets[step]))
            {
                z.Clear();
                continue;
            }

            for (int i = 0; i < z.Length; i++)
            {
                float slope = targets[step] >= z[i] ? (float)-levels[i] : (float)(1 - levels[i]);
                loss += share * slope * (z[i] - targets[step]);
                z[i] = share * slope;
            }
        }

        return loss;
    }
}
