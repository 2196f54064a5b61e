namespace RetNet.Extensions.ML.Series;

/// <summary>How far apart the steps of series are: a number of ticks (or of units, where time is a number), or of months.</summary>
/// <param name="Length">The length of a step; 0 where it is not known, and then each row is one step.</param>
/// <param name="InMonths">Whether it is counted in months.</param>
internal readonly record struct StepGrid(long Length, bool InMonths)
{
    private const long ShortestMonth = 28 * TimeSpan.TicksPerDay;
    private const double DaysPerMonth = 365.25 / 12;
    private const double MonthTolerance = 0.06;
    private const double MonthlyShare = 0.9;

    // Differences of irregular series are not all counted.
    private const int MostDifferences = 1 << 16;

    /// <summary>The grid that most rows lie on: the most frequent difference between a row and the next of its series.</summary>
    /// <param name="series">The times of each series, ascending.</param>
    /// <param name="isDate">Whether times are ticks, so that months may be meant.</param>
    public static StepGrid Detect(IEnumerable<IReadOnlyList<long>> series, bool isDate)
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
                double apart = Months(times[i]) - Months(times[i - 1]);
                double whole = Math.Round(apart);
                if (Math.Abs(apart - whole) > MonthTolerance)
                    continue;
                monthly++;
                Count(months, (long)whole);
            }
        }

        if (pairs == 0)
            return default;
        // Exactly equal differences are days: no three months after one another have the same length.
        bool areDays = counts.Count == 1 && pairs > 2;
        return monthly >= MonthlyShare * pairs && !areDays
            ? new StepGrid(MostFrequent(months), true)
            : new StepGrid(MostFrequent(counts), false);
    }

    /// <summary>The time of a step, of months as it is on average.</summary>
    public TimeSpan Time => InMonths ? TimeSpan.FromDays(Math.Round(Length * DaysPerMonth)) : new TimeSpan(Length);

    /// <summary>The step that a time belongs to, the nearest one, counted from the series' first row.</summary>
    public long StepOf(long first, long time) => (long)Math.Round(InMonths
        ? (Months(time) - Months(first)) / Length
        : (double)(time - first) / Length);

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
