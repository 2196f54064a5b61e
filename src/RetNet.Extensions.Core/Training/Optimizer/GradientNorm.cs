namespace RetNet.Extensions.Core.Training.Optimizer;

/// <summary>The length of the gradient of all parameters together, for clipping.</summary>
internal static class GradientNorm
{
    /// <summary>√Σ g² over all parameters, on whatever device they are.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <returns>The norm; NaN or infinite when a gradient is.</returns>
    public static double Compute(IReadOnlyList<Parameter> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        double sum = 0;
        foreach (ParameterGroup group in ParameterGroup.Split(parameters))
            sum = group.Memory.AddGradientSquares(group.Parameters, sum);
        return Math.Sqrt(sum);
    }
}
