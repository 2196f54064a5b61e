using RetNet.Extensions.Core.Forecasting;

namespace RetNet.Extensions.Tool.Forecasting.Tables;

/// <summary>The time from one step of a series to the next: a number of months, the days from Monday to Friday, or always the
/// same.</summary>
/// <param name="Months">The months; 0 for another step.</param>
/// <param name="Day">The day of a month that they lead to; in a shorter month its last one.</param>
/// <param name="IsWeekday">Whether Saturdays and Sundays are left out.</param>
/// <param name="Time">The time, if it is always the same.</param>
internal readonly record struct TimeStep(int Months, int Day, bool IsWeekday, TimeSpan Time)
{
    private const int ShortestMonth = 28, LongestMonth = 31;

    // Daily values of fewer days may have no weekend by chance.
    private const int LeastWeekdays = 10;

    /// <summary>The usual lengths of seasons.</summary>
    public IReadOnlyList<int> Seasons => IsWeekday
        ? [5]
        : SeriesOptions.SeasonsOf(Months > 0 ? TimeSpan.FromDays(Math.Round(30.4 * Months)) : Time);

    /// <summary>Finds the step of series: the greatest number of months, or the shortest time, that they are apart.</summary>
    /// <param name="series">The times of each, ascending, no two the same.</param>
    /// <exception cref="CommandException">No series has two times.</exception>
    public static TimeStep Infer(IReadOnlyCollection<DateTime[]> series)
    {
        (DateTime Before, DateTime After)[] pairs = [.. series.SelectMany(times => times.Zip(times.Skip(1)))];
        if (pairs.Length == 0)
            throw new CommandException("Each series has one row; expected at least two in one of them, to find the time of a step.");
        TimeSpan shortest = pairs.Min(pair => pair.After - pair.Before);
        DateTime[] all = [.. series.SelectMany(times => times)];
        bool isSameTime = all.All(time => time.TimeOfDay == all[0].TimeOfDay);
        int day = all.All(time => time.Day == DayIn(time, LongestMonth)) ? LongestMonth : all.Max(time => time.Day);
        if (isSameTime && shortest.TotalDays >= ShortestMonth && all.All(time => time.Day == DayIn(time, day)))
        {
            return new TimeStep(
                pairs.Select(pair => MonthOf(pair.After) - MonthOf(pair.Before)).Aggregate(GreatestDivisor), day, false, default);
        }

        bool isWeekday = isSameTime && shortest == TimeSpan.FromDays(1) && all.Length >= LeastWeekdays
            && all.All(time => time.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday));
        return new TimeStep(0, 0, isWeekday, shortest);
    }

    /// <summary>The time some steps after another.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is beyond the calendar.</exception>
    public DateTime Add(DateTime time, int steps)
    {
        if (Months > 0)
        {
            DateTime month = time.AddMonths(Months * steps);
            return month.AddDays(DayIn(month, Day) - month.Day);
        }

        if (!IsWeekday)
            return time + (steps * Time);
        int place = Weekday(time) + steps;
        int weeks = (int)Math.Floor(place / 5.0);
        return time.AddDays((2 * weeks) + steps);
    }

    /// <summary>The number of steps from one time to a later one; not whole where the series is irregular.</summary>
    public double Count(DateTime from, DateTime to)
    {
        if (Months > 0)
            return (double)(MonthOf(to) - MonthOf(from)) / Months;
        if (!IsWeekday)
            return (to - from) / Time;
        int days = (to - from).Days;
        return (5 * ((days + Weekday(from)) / 7)) + Weekday(to) - Weekday(from);
    }

    public override string ToString() => (Months, IsWeekday) switch
    {
        ( > 0, _) => Months == 1 ? "a month" : $"{Months} months",
        (_, true) => "a day, Monday to Friday",
        _ when Time.TotalDays >= 1 && Time.Ticks % TimeSpan.TicksPerDay == 0 => Time.Days == 1 ? "a day" : $"{Time.Days} days",
        _ => Time.ToString("c"),
    };

    private static int Weekday(DateTime time) => ((int)time.DayOfWeek + 6) % 7;

    private static int MonthOf(DateTime time) => (12 * time.Year) + time.Month;

    private static int DayIn(DateTime month, int day) => Math.Min(day, DateTime.DaysInMonth(month.Year, month.Month));

    private static int GreatestDivisor(int a, int b) => b == 0 ? a : GreatestDivisor(b, a % b);
}
