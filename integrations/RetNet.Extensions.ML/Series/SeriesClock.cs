using System.Globalization;

namespace RetNet.Extensions.ML.Series;

/// <summary>Places the rows of a series on the steps of a grid.</summary>
/// <param name="column">The name of the timestamp column.</param>
/// <param name="series">What errors call the series.</param>
/// <param name="grid">How far apart steps are.</param>
/// <param name="isDate">Whether times are ticks.</param>
internal sealed class SeriesClock(string column, string series, StepGrid grid, bool isDate)
{
    // More missing steps between two rows are taken for a mistake.
    private const long LongestGap = 100_000;

    private long _first;
    private long _last;
    private long _step = -1;

    /// <summary>The time of the first row, that of the last one, and its step; (0, 0, −1) before the first.</summary>
    public (long First, long Last, long Step) Place
    {
        get => (_first, _last, _step);
        set => (_first, _last, _step) = value;
    }

    /// <summary>Moves to the next row.</summary>
    /// <returns>The number of steps without a row before it.</returns>
    /// <exception cref="InvalidOperationException">The row is not later than the one before, or too far from it.</exception>
    public int MoveTo(long time)
    {
        if (_step < 0)
        {
            (_first, _last, _step) = (time, time, 0);
            return 0;
        }

        if (time < _last)
            throw Fault(time, "comes after", "rows in ascending order of time within each series");
        long step = time == _last ? _step : grid.Length == 0 ? _step + 1 : grid.StepOf(_first, time);
        if (step <= _step)
            throw Fault(time, "is in the same step as", $"one row per step{Length}");
        long gap = step - _step - 1;
        if (gap > LongestGap)
            throw Fault(time, $"is {gap} steps{Length} after", $"at most {LongestGap} missing steps");
        (_last, _step) = (time, step);
        return (int)gap;
    }

    private string Length => grid switch
    {
        { Length: 0 } => "",
        { InMonths: true } => $" of {grid.Length} month(s)",
        _ => isDate ? $" of {new TimeSpan(grid.Length)}" : $" of {grid.Length}",
    };

    private InvalidOperationException Fault(long time, string found, string expected) => new(
        $"Timestamp column '{column}', {series}: {Text(time)} {found} {Text(_last)}; expected {expected}.");

    private string Text(long time) => isDate
        ? new DateTime(time).ToString("yyyy-MM-dd HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture)
        : time.ToString(CultureInfo.InvariantCulture);
}
