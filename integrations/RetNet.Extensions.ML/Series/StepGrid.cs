namespace RetNet.Extensions.ML.Series;

/// <summary>How far apart the steps of series are: a number of ticks (or of units, where time is a number), or of months.</summary>
/// <param name="Length">The length of a step; 0 where it is not known, and then each row is one step.</param>
/// <param name="InMonths">Whether it is counted in months.</param>
internal readonly record struct StepGrid(long Length, bool InMonths)
{
    private const long ShortestMonth = 28 * TimeSpan.TicksPerDay;
    private const double DaysPerMonth = 365.25 / 12;
    private const double MonthlyShare = 0.9;
    private const int FirstMonth = 12 + 1, LastMonth = (12 * 9999) + 12;

    // Such as the last working day of a month.
    private static readonly TimeSpan MonthTolerance = TimeSpan.FromDays(2);

    // Differences of irregular series are not all counted.
    private const int MostDifferences = 1 << 16;

    /// <summary>The grid that most rows lie on: the most frequent difference between a row and the next of its series, or months where
    /// rows lie nearer to those.</summary>
    /// <param name="series">The times of each series, ascending.</param>
    /// <param name="isDate">Whether times are ticks, so that months may be meant.</param>
    public static StepGrid Detect(IReadOnlyCollection<IReadOnlyList<long>> series, bool isDate)
    {
        Dictionary<long, int> counts = [];
        int pairs = 0, monthly = 0;
        Dictionary<long, int> months = [];
        foreach (IReadOnlyList<long> times in series)
        {
            for (int i = 1; i < times.Count; i++)
            {
                long difference = times[i] - times[i - 1];
                if (difference <= 0)
                    continue;
                pairs++;
                Count(counts, difference);
                if (!isDate || difference < ShortestMonth)
                    continue;
                int apart = (int)Math.Round(Months(times[i]) - Months(times[i - 1]));
                if (OffMonths(times[i - 1], times[i], apart) > MonthTolerance)
                    continue;
                monthly++;
                Count(months, apart);
            }
        }

        if (pairs == 0)
            return default;
        StepGrid days = new(MostFrequent(counts), false);
        if (monthly < MonthlyShare * pairs)
            return days;
        StepGrid inMonths = new(MostFrequent(months), true);
        return inMonths.Off(series) <= days.Off(series) ? inMonths : days;
    }

    /// <summary>The time of a step, of months as it is on average.</summary>
    public TimeSpan Time => InMonths ? TimeSpan.FromDays(Math.Round(Length * DaysPerMonth)) : new TimeSpan(Length);

    /// <summary>The step that a time belongs to, the nearest one, counted from the series' first row.</summary>
    public long StepOf(long first, long time) => (long)Math.Round(InMonths
        ? (Months(time) - Months(first)) / Length
        : (double)(time - first) / Length);

    /// <summary>How far rows lie from their steps, all together, in days.</summary>
    private double Off(IEnumerable<IReadOnlyList<long>> series)
    {
        double off = 0;
        foreach (IReadOnlyList<long> times in series)
        {
            foreach (long time in times)
            {
                long apart = Length * StepOf(times[0], time);
                off += InMonths ? OffMonths(times[0], time, apart).TotalDays : new TimeSpan(time - times[0] - apart).Duration().TotalDays;
            }
        }

        return off;
    }

    /// <summary>How far a time lies from a number of months after another one: from the same day, or from the last day of the month if the
    /// other one is such a day, too.</summary>
    private static TimeSpan OffMonths(long from, long time, long months)
    {
        DateTime first = new(from);
        int firstMonth = (12 * first.Year) + first.Month;
        DateTime month = first.AddMonths((int)Math.Clamp(months, FirstMonth - firstMonth, LastMonth - firstMonth));
        TimeSpan off = (new DateTime(time) - month).Duration();
        if (first.Day < DateTime.DaysInMonth(first.Year, first.Month))
            return off;
        DateTime last = month.AddDays(DateTime.DaysInMonth(month.Year, month.Month) - month.Day);
        TimeSpan offLast = (new DateTime(time) - last).Duration();
        return offLast < off ? offLast : off;
    }

    /// <summary>A time in months, the days as parts of theirs.</summary>
    private static double Months(long ticks)
    {
        DateTime time = new(ticks);
        double days = time.Day - 1 + (time.TimeOfDay / TimeSpan.FromDays(1));
        return (12 * time.Year) + time.Month + (days / DateTime.DaysInMonth(time.Year, time.Month));
    }

    private static void Count(Dictionary<long, int> counts, long difference)
    {
        if (counts.Count < MostDifferences || counts.ContainsKey(difference))
            counts[difference] = counts.GetValueOrDefault(difference) + 1;
    }

    private static long MostFrequent(Dictionary<long, int> counts) =>
        counts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key).First().Key;
}
