namespace RetNet.Extensions.ML.Series;

/// <summary>What a stage computes at each row of a series. A cursor has one of its own.</summary>
internal abstract class SeriesStep
{
    /// <summary>A number of steps to forecast other than that of the options; null for that.</summary>
    public int? Horizon { get; set; }

    /// <summary>A confidence level other than that of the options; null for that.</summary>
    public double? ConfidenceLevel { get; set; }

    /// <summary>Adds the value of a row to its series, and makes it the present row.</summary>
    public abstract void Observe(LiveSeries series, double value, SeriesTime time);

    /// <summary>Makes the present state of a series the present row, without a value.</summary>
    public abstract void Show(LiveSeries series);

    /// <summary>Computes the present row, after which the series may change.</summary>
    public abstract void Complete();

    /// <summary>A <c>ValueGetter</c> for an added column of the present row.</summary>
    /// <param name="output">The added column's number.</param>
    public abstract Delegate CreateGetter(int output);
}
