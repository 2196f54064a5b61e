namespace Forecasting;

/// <summary>What was sold in a month.</summary>
public sealed class SalesMonth
{
    public DateTime Month { get; set; }

    /// <summary>Thousands of euros; NaN where nobody wrote it down.</summary>
    public float Sales { get; set; }
}
