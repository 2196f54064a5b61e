namespace RetNet.Extensions.ML.Forecasting;

/// <summary>What a time series engine is asked for.</summary>
/// <param name="Observes">Whether the example is an observation of its series.</param>
/// <param name="Answers">Whether an answer is wanted.</param>
/// <param name="Series">The series; null for that of the example.</param>
/// <param name="Horizon">The number of steps to forecast; null for that of the transformer.</param>
/// <param name="ConfidenceLevel">The confidence level; null for that of the transformer.</param>
internal readonly record struct EngineRequest(
    bool Observes, bool Answers, string? Series, int? Horizon, float? ConfidenceLevel)
{
    /// <summary>Whether the observation is only checked, and not added.</summary>
    public bool Checks { get; init; }
}
