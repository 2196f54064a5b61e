using System.Numerics.Tensors;
using RetNet.Extensions.Core.Forecasting.Series;

namespace RetNet.Extensions.Core.Forecasting;

/// <summary>Which token predicts which step. The last token with an observation predicts the first L steps; each of the tokens behind it,
/// which have none, the P steps that no earlier one reaches.</summary>
internal static class QuantileSteps
{
    // Chosen on M1, whose short series need 3 to 4 for intervals that hold what they say; on generated ones it costs nothing.
    private const double Doubt = 3.5;

    /// <summary>Tokens without observations that a horizon needs.</summary>
    public static int TokensAhead(PatchShape shape, int horizon) =>
        horizon <= shape.Horizon ? 0 : (horizon - shape.Horizon + shape.Stride - 1) / shape.Stride;

    /// <summary>The token, 0 for the last one with an observation, and the step of its own, from 0.</summary>
    public static (int Token, int Step) Of(PatchShape shape, int step)
    {
        if (step < shape.Horizon)
            return (0, step);
        int beyond = step - shape.Horizon;
        return (1 + (beyond / shape.Stride), shape.Horizon - shape.Stride + (beyond % shape.Stride));
    }

    /// <summary>Adds the quantiles of a token, on the series' own scale and ascending within a step, to a mean.</summary>
    /// <param name="shape">How the series is cut.</param>
    /// <param name="scale">The scale of the last token with an observation.</param>
    /// <param name="token">The token, 0 for that one.</param>
    /// <param name="predicted">What the model predicts there, <c>[L × levels]</c>.</param>
    /// <param name="share">The weight of these quantiles in the mean.</param>
    /// <param name="quantiles">All quantiles of the forecast, <c>[horizon × levels]</c>; those of this token's steps change.</param>
    public static void Add(
        PatchShape shape, SeriesScale scale, int token, ReadOnlySpan<float> predicted, double share, Span<double> quantiles)
    {
        int levels = ForecasterConfiguration.Levels.Count;
        int horizon = quantiles.Length / levels;
        int first = token == 0 ? 0 : shape.Horizon + ((token - 1) * shape.Stride);
        int end = Math.Min(horizon, token == 0 ? shape.Horizon : first + shape.Stride);
        Span<double> row = stackalloc double[levels];
        for (int step = first; step < end; step++)
        {
            ReadOnlySpan<float> source = predicted.Slice(Of(shape, step).Step * levels, levels);
            for (int i = 0; i < levels; i++)
                row[i] = share * scale.Restore(source[i]);
            row.Sort();
            Span<double> target = quantiles.Slice(step * levels, levels);
            TensorPrimitives.Add(target, row, target);
        }
    }

    /// <summary>Moves the quantiles away from the median by 1 + 3.5 / n: what n observations of a real series tell about its noise is less
    /// than what those of a generated one tell.</summary>
    /// <param name="quantiles"><c>[horizon × levels]</c>.</param>
    /// <param name="observed">n.</param>
    public static void Widen(Span<double> quantiles, long observed)
    {
        int levels = ForecasterConfiguration.Levels.Count;
        double wider = 1 + (Doubt / observed);
        for (int step = 0; step < quantiles.Length; step += levels)
        {
            Span<double> row = quantiles.Slice(step, levels);
            double median = row[levels / 2];
            for (int i = 0; i < levels; i++)
                row[i] = median + ((row[i] - median) * wider);
        }
    }
}
