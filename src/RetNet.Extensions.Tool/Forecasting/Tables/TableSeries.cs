using RetNet.Extensions.Core.Forecasting;

namespace RetNet.Extensions.Tool.Forecasting.Tables;

/// <summary>A series of a table.</summary>
/// <param name="Group">Its name; null where the table has one series without a name.</param>
/// <param name="Values">Its values, the oldest first; NaN for a missing one.</param>
/// <param name="Last">The time of the last value; null where the steps have no times.</param>
/// <param name="Step">The time of a step; not known where they have none.</param>
internal sealed record TableSeries(string? Group, double[] Values, TimeText? Last, TimeStep Step)
{
    /// <summary>The time of a step after the last value.</summary>
    /// <param name="ahead">Steps after the last value, from 1; 0 and below for the values.</param>
    /// <exception cref="CommandException">It is beyond the calendar.</exception>
    public DateTime TimeAt(int ahead)
    {
        try
        {
            return new DateTime(Step.TimeOf(Last!.Value.Time.Ticks, ahead));
        }
        catch (ArgumentOutOfRangeException)
        {
            throw new CommandException($"Step {ahead} after {Last!.Value.Write(Last.Value.Time)} is beyond the year 9999.");
        }
    }

    /// <summary>That time in the form of the table; null where the steps have no times.</summary>
    public string? TextAt(int ahead) => Last is { } last ? last.Write(TimeAt(ahead)) : null;
}
