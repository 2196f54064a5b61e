using System.Diagnostics.CodeAnalysis;

namespace RetNet.Extensions.Core.Forecasting;

/// <summary>The time from one step of series to the next: a number of months, the days from Monday to Friday, or always the
/// same.</summary>
/// <remarks>Times are <see cref="DateTime.Ticks"/>; those of steps that are always the same may be any whole numbers.</remarks>
/// <param name="Length">The ticks, or units, from one step to the next; 0 for months, and where it is not known.</param>
/// <param name="Months">The months from one step to the next; 0 for another step.</param>
/// <param name="Day">The day that steps of months lie on, 1 to 31; in a shorter month its last one. 0 for another step.</param>
/// <param name="IsWeekday">Whether steps are days of which Saturdays and Sundays are left out.</param>
[Experimental("RETNET001")]
public readonly record struct TimeStep(long Length, int Months, int Day, bool IsWeekday)
{
    private const long ShortestMonth = 28 * TimeSpan.TicksPerDay;
    private const double DaysPerMonth = 365.25 / 12;
    private const double MonthlyShare = 0.9;
    private const int LongestMonth = 31, MonthsOfCalendar = 12 * 9999;

    // Such as the last working day of a month: of two that are compared, and of one that may be before a holiday.
    private const long PairTolerance = 2 * TimeSpan.TicksPerDay, MonthTolerance = 4 * TimeSpan.TicksPerDay;

    // Fewer daily values may have no weekend by chance, as those of one week have none.
    private const int LeastWeekdays = 10;

    // Of rows that lie on no step.
    private const double MostOddShare = 0.1;

    // Fewer do not show a season that is not the usual one.
    private const int LeastUsualSeasons = 2;

    // Differences of irregular series are not all counted.
    private const int MostDifferences = 1 << 16;

    // What intervals are meant to be, up to a day.
    private static readonly long[] Natural =
    [
        .. from length in (int[])[1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500] select length * TimeSpan.TicksPerMillisecond,
        .. from unit in (long[])[TimeSpan.TicksPerSecond, TimeSpan.TicksPerMinute]
           from length in (int[])[1, 2, 5, 10, 15, 20, 30]
           select length * unit,
        .. from length in (int[])[1, 2, 3, 4, 6, 8, 12, 24] select length * TimeSpan.TicksPerHour,
    ];

    /// <summary>Steps of a series for each of its rows, at most: more gaps speak of another step.</summary>
    public const int MostStepsPerRow = 20;

    /// <summary>Whether there is a step.</summary>
    public bool IsKnown => Length > 0 || Months > 0;

    /// <summary>The time of a step, of months as it is on average.</summary>
    public TimeSpan Time => Months > 0 ? TimeSpan.FromDays(Math.Round(Months * DaysPerMonth)) : new TimeSpan(Length);

    /// <summary>Finds the step of series: the most frequent difference between a row and the next of its series, or what such differences
    /// are near to where that fits better; months where rows lie nearer to those. Where more than a tenth of the rows lie on no such step:
    /// the shortest difference, or the greatest number of months that divides all, if every row is on one of its steps. Monday to Friday
    /// where ten or more daily rows, some of them over more than a week, have no weekend.</summary>
    /// <param name="series">The times of each series, ascending.</param>
    /// <param name="isDate">Whether times are ticks, so that all of that may be meant; otherwise only the most frequent difference.</param>
    /// <returns>The step; one that is not known where no series has two times.</returns>
    public static TimeStep Infer(IReadOnlyCollection<IReadOnlyList<long>> series, bool isDate = true)
    {
        ArgumentNullException.ThrowIfNull(series);
        Dictionary<long, int> exact = [], near = [], months = [];
        int pairs = 0, monthly = 0;
        foreach (IReadOnlyList<long> times in series)
        {
            for (int i = 1; i < times.Count; i++)
            {
                long difference = times[i] - times[i - 1];
                if (difference <= 0)
                    continue;
                pairs++;
                Count(exact, difference);
                if (!isDate)
                    continue;
                Count(near, Nearest(difference));
                if (difference < ShortestMonth || MonthsApart(times[i - 1], times[i]) is not { } apart)
                    continue;
                monthly++;
                Count(months, apart);
            }
        }

        if (pairs == 0)
            return default;
        TimeStep step = new(MostFrequent(exact), 0, 0, false);
        if (!isDate)
            return step;
        TimeStep other = step with { Length = MostFrequent(near) };
        if (other != step && other.Off(series) / other.Length < step.Off(series) / step.Length)
            step = other;
        if (monthly >= MonthlyShare * pairs && InMonths((int)MostFrequent(months), series) is var inMonths
            && inMonths.Off(series) <= step.Off(series))
        {
            step = inMonths;
        }

        // Such as days of which the most are two apart. A few rows that are on no step are odd ones.
        if (step.RowsOffStep(series) > MostOddShare * series.Sum(times => times.Count))
        {
            TimeStep finer = monthly == pairs
                ? InMonths((int)months.Keys.Aggregate(GreatestDivisor), series)
                : new TimeStep(exact.Keys.Min(), 0, 0, false);
            if (finer.RowsOffStep(series) == 0
                && series.All(times => finer.StepOf(times[0], times[^1]) < (long)MostStepsPerRow * times.Count))
            {
                step = finer;
            }
        }

        TimeStep weekdays = step with { IsWeekday = true };
        return step.Length == TimeSpan.TicksPerDay && series.Sum(times => times.Count) >= LeastWeekdays
            && series.Any(times => times.Count > 1 && DaysApart(times[0], times[^1]) > 4)
            && series.All(times => times.All(time => !weekdays.LeavesOut(times[0], time)))
            ? weekdays
            : step;
    }

    /// <summary>Whether times with offsets are meant as those of a clock where they were written, so that a day is a day there: all of one
    /// time of day, with offsets that differ by an hour at most, as those of summer and winter do, and are not all 0. Ten or more that have
    /// a weekend there and none in UTC are days of UTC.</summary>
    /// <param name="times">The times of all series.</param>
    /// <returns>Whether their <see cref="DateTimeOffset.Ticks"/> lie on steps; otherwise <see cref="DateTimeOffset.UtcTicks"/>
    /// do.</returns>
    public static bool AreLocal(IEnumerable<DateTimeOffset> times)
    {
        ArgumentNullException.ThrowIfNull(times);
        TimeSpan? timeOfDay = null;
        TimeSpan least = TimeSpan.MaxValue, most = TimeSpan.MinValue;
        int rows = 0;
        (bool hasWeekend, bool hasWeekendInUtc) = (false, false);
        foreach (DateTimeOffset time in times)
        {
            rows++;
            hasWeekend |= Weekday(time.Ticks) > 4;
            hasWeekendInUtc |= Weekday(time.UtcTicks) > 4;
            timeOfDay ??= time.TimeOfDay;
            if (time.TimeOfDay != timeOfDay)
                return false;
            least = time.Offset < least ? time.Offset : least;
            most = time.Offset > most ? time.Offset : most;
        }

        // Days of UTC, from Monday to Friday, that were written with the offset of another place.
        if (rows >= LeastWeekdays && hasWeekend && !hasWeekendInUtc)
            return false;
        return timeOfDay is not null && (least < TimeSpan.Zero || most > TimeSpan.Zero) && most - least <= TimeSpan.FromHours(1);
    }

    /// <summary>The step that a time belongs to, the nearest one.</summary>
    /// <param name="first">The time of step 0.</param>
    /// <param name="time">The time.</param>
    /// <returns>The step; negative before the first. Of a Saturday or Sunday that is left out, the Friday before.</returns>
    public long StepOf(long first, long time)
    {
        if (Months > 0)
            return (long)Math.Round((double)(MonthOf(time, first) - MonthOf(first, first)) / Months);
        if (!IsWeekday)
            return (long)Math.Round((double)(time - first) / Length);
        long day = Weekday(first) + DaysApart(first, time);
        long weeks = (long)Math.Floor(day / 7.0);
        return (5 * weeks) + Math.Min(day - (7 * weeks), 4) - Math.Min(Weekday(first), 4);
    }

    /// <summary>The time of a step.</summary>
    /// <param name="first">The time of step 0.</param>
    /// <param name="step">The step; may be negative.</param>
    /// <returns>The time.</returns>
    /// <exception cref="ArgumentOutOfRangeException">It is beyond the calendar.</exception>
    public long TimeOf(long first, long step)
    {
        if (Months > 0)
        {
            Int128 month = MonthOf(first, first) + ((Int128)step * Months);
            return month >= 0 && month < MonthsOfCalendar ? InMonth((int)month, first) : throw Beyond(step);
        }

        long days = IsWeekday ? step + (2 * (long)Math.Floor((Math.Min(Weekday(first), 4) + step) / 5.0)) : step;
        Int128 time = first + ((Int128)days * Length);
        return time >= long.MinValue && time <= long.MaxValue ? (long)time : throw Beyond(step);
    }

    /// <summary>Whether a time lies on a step: for months on a day that is at most four days from theirs, such as the last
    /// working day.</summary>
    /// <param name="first">The time of step 0.</param>
    /// <param name="time">The time.</param>
    /// <returns>Whether it does.</returns>
    public bool Fits(long first, long time) => Off(first, time) <= (Months > 0 ? MonthTolerance : 0);

    /// <summary>Whether a time is on a Saturday or Sunday that is left out.</summary>
    /// <param name="first">The time of step 0.</param>
    /// <param name="time">The time.</param>
    /// <returns>Whether it is.</returns>
    public bool LeavesOut(long first, long time) =>
        IsWeekday && (Weekday(first) > 4 || (((Weekday(first) + DaysApart(first, time)) % 7) + 7) % 7 > 4);

    /// <summary>The lengths of the seasons of a series: the usual ones of the step, such as 24 and 168 for an hour and 5 for Monday to
    /// Friday, if it holds the shortest of them at least twice. Otherwise those that its values show, or where they show none, the usual
    /// ones. A series does not have the usual ones if it shows that: held three times, they are not found, and what changes from one season
    /// to the next is more than ten times what a season could be.</summary>
    /// <param name="values">The values of the series, the oldest first; NaN for a missing one.</param>
    /// <returns>At most two lengths, in ascending order.</returns>
    public IReadOnlyList<int> SeasonsOf(ReadOnlySpan<double> values)
    {
        IReadOnlyList<int> usual = IsWeekday ? [5] : SeriesOptions.SeasonsOf(Time);
        bool areAbsent = SeasonDetection.AreAbsent(values, usual);
        if (!areAbsent && usual.Count > 0 && values.Length >= LeastUsualSeasons * usual[0])
            return usual;
        IReadOnlyList<int> shown = SeriesOptions.DetectSeasons(values);
        return shown.Count > 0 || areAbsent ? shown : usual;
    }

    /// <summary>The step as messages show it.</summary>
    /// <returns>Such as "a month" or "02:00:00".</returns>
    public override string ToString() => (Months, IsWeekday) switch
    {
        ( > 0, _) => Months == 1 ? "a month" : $"{Months} months",
        (_, true) => "a day, Monday to Friday",
        _ when Time.Days >= 1 && Length % TimeSpan.TicksPerDay == 0 => Time.Days == 1 ? "a day" : $"{Time.Days} days",
        _ => Time.ToString("c"),
    };

    /// <summary>Steps of months on the day that the rows are nearest to: the last of the month, the most frequent or the greatest
    /// one.</summary>
    private static TimeStep InMonths(int months, IReadOnlyCollection<IReadOnlyList<long>> series)
    {
        Dictionary<long, int> days = [];
        foreach (long time in series.SelectMany(times => times))
            Count(days, new DateTime(time).Day);
        return ((int[])[LongestMonth, (int)MostFrequent(days), (int)days.Keys.Max()]).Distinct()
            .Select(day => new TimeStep(0, months, day, false)).MinBy(step => step.Off(series));
    }

    /// <summary>Rows that lie on no step. The first row of a series may be one of them.</summary>
    private int RowsOffStep(IEnumerable<IReadOnlyList<long>> series)
    {
        TimeStep step = this;
        return series.Sum(times => times.Count == 0 ? 0 : times.Take(3).Min(first => times.Count(time => !step.Fits(first, time))));
    }

    /// <summary>How far rows lie from their steps, all together.</summary>
    private double Off(IEnumerable<IReadOnlyList<long>> series)
    {
        double off = 0;
        foreach (IReadOnlyList<long> times in series)
        {
            foreach (long time in times)
                off += Off(times[0], time);
        }

        return off;
    }

    private double Off(long first, long time)
    {
        if (Months == 0)
            return Math.Abs((double)(time - TimeOf(first, StepOf(first, time))));
        long month = MonthOf(first, first) + (Months * StepOf(first, time));
        return Math.Abs((double)(time - InMonth((int)Math.Clamp(month, 0, MonthsOfCalendar - 1), first)));
    }

    /// <summary>The month, counted from the year 1, whose step is nearest to a time; steps have the time of day of the first row.</summary>
    private int MonthOf(long time, long first)
    {
        DateTime date = new(time);
        int month = (12 * (date.Year - 1)) + date.Month - 1, nearest = month;
        for (int other = Math.Max(0, month - 1); other <= Math.Min(MonthsOfCalendar - 1, month + 1); other++)
        {
            if (Math.Abs(time - InMonth(other, first)) < Math.Abs(time - InMonth(nearest, first)))
                nearest = other;
        }

        return nearest;
    }

    private long InMonth(int month, long first)
    {
        int year = (month / 12) + 1, ofYear = (month % 12) + 1;
        return new DateTime(year, ofYear, Math.Min(Day, DateTime.DaysInMonth(year, ofYear))).Ticks + (first % TimeSpan.TicksPerDay);
    }

    /// <summary>The months from a time to a later one: to the same day, or the last one of its month if the other is such a day, too. Null
    /// where neither is near.</summary>
    private static long? MonthsApart(long from, long time)
    {
        DateTime first = new(from);
        bool isLast = first.Day == DateTime.DaysInMonth(first.Year, first.Month);
        foreach (int day in isLast ? (int[])[first.Day, LongestMonth] : [first.Day])
        {
            TimeStep month = new(0, 1, day, false);
            if (month.Off(from, time) <= PairTolerance)
                return month.StepOf(from, time);
        }

        return null;
    }

    /// <summary>What a difference is meant to be: an interval that is natural, or whole days.</summary>
    private static long Nearest(long difference)
    {
        if (difference > TimeSpan.TicksPerDay)
            return (long)Math.Round((double)difference / TimeSpan.TicksPerDay) * TimeSpan.TicksPerDay;
        int place = Array.BinarySearch(Natural, difference);
        int above = Math.Min(place < 0 ? ~place : place, Natural.Length - 1), below = Math.Max(0, above - 1);
        return Natural[above] - difference < difference - Natural[below] ? Natural[above] : Natural[below];
    }

    private static long DaysApart(long first, long time) => (long)Math.Round((double)(time - first) / TimeSpan.TicksPerDay);

    private static int Weekday(long time) => ((int)new DateTime(time).DayOfWeek + 6) % 7;

    private static void Count(Dictionary<long, int> counts, long difference)
    {
        if (counts.Count < MostDifferences || counts.ContainsKey(difference))
            counts[difference] = counts.GetValueOrDefault(difference) + 1;
    }

    private static long GreatestDivisor(long a, long b) => b == 0 ? a : GreatestDivisor(b, a % b);

    private static long MostFrequent(Dictionary<long, int> counts) =>
        counts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key).First().Key;

    private static ArgumentOutOfRangeException Beyond(long step) =>
        new(nameof(step), step, "The step is beyond the calendar.");
}
