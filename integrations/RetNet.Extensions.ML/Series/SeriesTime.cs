namespace RetNet.Extensions.ML.Series;

/// <summary>The time of a row.</summary>
/// <param name="Value">Ticks, in UTC where there is an offset; or a number that is no date.</param>
/// <param name="Offset">The offset from UTC that was written; 0 where there is none.</param>
internal readonly record struct SeriesTime(long Value, TimeSpan Offset = default)
{
    /// <summary>The time of a clock where it was written, in ticks.</summary>
    public long Local => Value + Offset.Ticks;

    /// <summary>A date with its offset.</summary>
    public DateTimeOffset ToDate() => new(Local, Offset);
}
