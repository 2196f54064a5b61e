namespace RetNet.Extensions.ML.Forecasting;

/// <summary>On which side of what was expected a value is an anomaly.</summary>
public enum RetNetAnomalySide
{
    /// <summary>Above it.</summary>
    Positive,

    /// <summary>Below it.</summary>
    Negative,

    /// <summary>On both sides.</summary>
    TwoSided,
}
