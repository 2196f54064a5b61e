namespace RetNet.Extensions.ML.Series;

/// <summary>Places the rows of a series on the steps of a grid.</summary>
/// <param name="column">The name of the timestamp column.</param>
/// <param name="series">What errors call the series.</param>
/// <param name="grid">Where steps are.</param>
internal sealed class SeriesClock(string column, string series, SeriesGrid grid)
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

    /// <summary>Checks that the next row may have a time.</summary>
    /// <exception cref="InvalidOperationException">As for <see cref="MoveTo(SeriesTime)"/>.</exception>
    public void Check(SeriesTime time)
    {
        (long, long, long) place = Place;
        MoveTo(time);
        Place = place;
    }

    /// <summary>Moves to the next row.</summary>
    /// <returns>The number of steps without a row before it.</returns>
    /// <exception cref="InvalidOperationException">The row is not later than the one before, too far from it, or on a weekend that
    /// has no step.</exception>
    public int MoveTo(SeriesTime time) => MoveTo(grid.PlaceOf(time));

    private string Length => !grid.Step.IsKnown ? "" : grid.IsDate ? $" of {grid.Step}" : $" of {grid.Step.Length}";

    private string Where => $"Timestamp column '{column}', {series}";

    private int MoveTo(long time)
    {
        if (grid.Step.LeavesOut(_step < 0 ? time : _first, time))
        {
            throw new InvalidOperationException(
                $"{Where}: {grid.Text(time)} is on a weekend; expected days from Monday to Friday, as in the data of Fit.");
        }

        if (_step < 0)
        {
            (_first, _last, _step) = (time, time, 0);
            return 0;
        }

        if (time < _last)
            throw Fault(time, "comes after", "rows in ascending order of time within each series");
        long step = time == _last ? _step : !grid.Step.IsKnown ? _step + 1 : grid.Step.StepOf(_first, time);
        if (step <= _step)
            throw Fault(time, "is in the same step as", $"one row per step{Length}");
        long gap = step - _step - 1;
        if (gap > LongestGap)
            throw Fault(time, $"is {gap} steps{Length} after", $"at most {LongestGap} missing steps");
        (_last, _step) = (time, step);
        return (int)gap;
    }

    private InvalidOperationException Fault(long time, string found, string expected) =>
        new($"{Where}: {grid.Text(time)} {found} {grid.Text(_last)}; expected {expected}.");
}
