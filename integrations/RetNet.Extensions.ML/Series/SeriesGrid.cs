using System.Globalization;
using RetNet.Extensions.Core.Forecasting;

namespace RetNet.Extensions.ML.Series;

/// <summary>How the rows of series lie in time.</summary>
/// <param name="Step">How far apart steps are; where that is not known, each row is a step.</param>
/// <param name="IsDate">Whether times are ticks.</param>
/// <param name="IsLocal">Whether they are those of a clock where they were written, see <see cref="TimeStep.AreLocal"/>.</param>
internal readonly record struct SeriesGrid(TimeStep Step, bool IsDate, bool IsLocal)
{
    // Bits of a byte that is saved.
    private const int Date = 1, Local = 2;

    /// <summary>Finds the grid of series.</summary>
    /// <param name="series">The times of each series, ascending.</param>
    /// <param name="columns">Say what times are.</param>
    public static SeriesGrid Infer(IReadOnlyCollection<IReadOnlyList<SeriesTime>> series, SeriesColumns columns)
    {
        bool isLocal = columns.TimeHasOffset && TimeStep.AreLocal(series.SelectMany(times => times).Select(time => time.ToDate()));
        SeriesGrid grid = new(default, columns.TimeIsDate, isLocal);
        TimeStep step = TimeStep.Infer([.. series.Select(times => times.Select(grid.PlaceOf).ToArray())], grid.IsDate);

        // Without a step, times are only compared, which those of a clock that is put back do not allow.
        return grid with { Step = step, IsLocal = isLocal && step.IsKnown };
    }

    /// <summary>Where a time lies among the steps.</summary>
    public long PlaceOf(SeriesTime time) => IsLocal ? time.Local : time.Value;

    /// <summary>A place as messages show it.</summary>
    public string Text(long place) => IsDate
        ? new DateTime(place).ToString("yyyy-MM-dd HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture)
        : place.ToString(CultureInfo.InvariantCulture);

    public void Write(BinaryWriter writer)
    {
        writer.Write(Step.Length);
        writer.Write(Step.Months);
        writer.Write(Step.Day);
        writer.Write(Step.IsWeekday);
        writer.Write((byte)((IsDate ? Date : 0) | (IsLocal ? Local : 0)));
    }

    /// <exception cref="FormatException">The values are out of range.</exception>
    public static SeriesGrid Read(BinaryReader reader)
    {
        TimeStep step = new(reader.ReadInt64(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadBoolean());
        if (step.Length < 0 || step.Months < 0 || step.Day is < 0 or > 31 || (step.Months > 0 && step.Day == 0))
            throw KnownSeries.Damaged($"a step is {step}");
        byte times = reader.ReadByte();
        return times is 0 or Date or (Date | Local)
            ? new SeriesGrid(step, (times & Date) != 0, (times & Local) != 0)
            : throw KnownSeries.Damaged($"times are of kind {times}");
    }
}
