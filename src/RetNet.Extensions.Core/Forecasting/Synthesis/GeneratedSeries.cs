using System.Diagnostics.CodeAnalysis;

namespace RetNet.Extensions.Core.Forecasting.Synthesis;

/// <summary>A series that was generated.</summary>
[Experimental("RETNET001")]
public sealed class GeneratedSeries
{
    internal GeneratedSeries(double[] values, int[] seasons, string family)
    {
        Values = values;
        Seasons = seasons;
        Family = family;
    }

    /// <summary>The values [length], finite, at most 10^15 in magnitude; NaN where one is missing.</summary>
    public double[] Values { get; }

    /// <summary>The season lengths in steps, the shortest first, that an observer of such data states, such as 24 and 168 for hours; at
    /// most 2. The values need not have such seasons.</summary>
    public int[] Seasons { get; }

    /// <summary>The name of the generators' family, such as <c>smoothing</c>.</summary>
    public string Family { get; }
}
