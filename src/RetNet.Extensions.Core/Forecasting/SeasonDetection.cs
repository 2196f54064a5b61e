namespace RetNet.Extensions.Core.Forecasting;

/// <summary>Finds the seasons of a series: an analysis of variance over the phases of each length p that the series holds at least three
/// times.</summary>
/// <remarks>
/// <para>With r = y − (centred moving average over p steps), centred, and m seasons, R² is the share of Σ r² that the means over the m
/// steps of the same phase explain. A(p) = (m R² − 1) / (m − 1) is the mean autocorrelation of r over the lags p, 2p … (m − 1) p. Values
/// of r that are p or more steps apart are independent for noise and for a random walk alike, which bounds A where there is no season.
/// Those of one season are not, so that they count as d ≤ p − 1 degrees of freedom.</para>
/// <para>A series of a few large values, the rest being equal, has as many degrees of freedom as it has such values.</para>
/// </remarks>
internal sealed class SeasonDetection
{
    private const int MostValues = 4096;

    // Seasons that are seen at least, the ends that the moving average costs included.
    private const int LeastSeasons = 3;

    // How probable a result may be without a season, over all lengths that are tried: of any season, and of one that holds one that was
    // found.
    private const double ErrorRate = 0.01, LongerErrorRate = 0.05;

    // A weaker season helps a forecast little.
    private const double LeastShare = 0.15;

    // Parts of the highest A: of a length that is as good as its multiples, and of a season within a longer one.
    private const double Nearly = 0.9, Substantial = 0.5;

    // Shorter ones within a longer season are harmonics of it.
    private const int ShortestWithin = 4;

    // What changes from one season to the next, in parts of what a season could be at most, that is another order of magnitude.
    private const double LargeChange = 10;

    // What one season of a random walk counts as; and lags that its autocorrelation is taken at.
    private const int SmoothFreedom = 5, Lags = 48;

    // How far a value lies from both neighbours, in median steps, that is taken for an error if such values are rare.
    private const double SpikeSteps = 10, RareShare = 0.01;

    private readonly double[] _values;
    private readonly double[] _residuals;
    private readonly int _longest;

    private SeasonDetection(ReadOnlySpan<double> values)
    {
        _values = values[^Math.Min(values.Length, MostValues)..].ToArray();
        _residuals = new double[_values.Length];
        _longest = Math.Min(SeriesOptions.LongestSeason, (_values.Length - 1) / LeastSeasons);
        Rescale();
        RemoveSpikes();
    }

    /// <summary>The lengths of the seasons in ascending order, at most two.</summary>
    /// <remarks>A pattern of several harmonics has the longest period that any of them needs.</remarks>
    /// <param name="values">The series; NaN for a missing value.</param>
    public static int[] Find(ReadOnlySpan<double> values)
    {
        SeasonDetection detection = new(values);
        double[] shares = new double[detection._longest + 1];
        for (int length = 2; length < shares.Length; length++)
            shares[length] = detection.Share(length, length, ErrorRate / shares.Length);
        int season = First(shares);
        if (season == 0)
            return [];
        while (season < detection._longest && shares[season + 1] > shares[season])
            season++;
        while (detection.Beyond(season) is > 0 and int longer)
        {
            if (season >= ShortestWithin && longer >= LeastSeasons * season && detection.IsWithin(season, longer, shares[longer]))
                return [season, longer];
            season = longer;
        }

        for (int within = 2; within <= season / LeastSeasons; within++)
        {
            if (detection.IsWithin(within, season, shares[season]))
                return within < ShortestWithin ? [season] : [within, season];
        }

        return [season];
    }

    /// <summary>Whether a series shows that it has none of these seasons: it holds each at least three times, no season is found, and if
    /// all that the moving average leaves were one, it would still be small beside what changes from one season to the next.</summary>
    /// <param name="values">The series; NaN for a missing value.</param>
    /// <param name="lengths">The lengths of the seasons.</param>
    public static bool AreAbsent(ReadOnlySpan<double> values, IReadOnlyList<int> lengths)
    {
        SeasonDetection detection = new(values);
        return lengths.Count > 0 && lengths.All(detection.IsAbsent);
    }

    private bool IsAbsent(int length)
    {
        if (length > _longest || Share(length, length, ErrorRate) > 0)
            return false;
        Mean season = new(), change = new();
        foreach (double residual in Residuals(length))
            season.Add(Math.Abs(residual), 1);
        for (int t = length; t < _values.Length; t++)
            change.Add(Math.Abs(_values[t] - _values[t - length]), 1);
        return season.Weight >= (LeastSeasons - 1) * length && change.Value > LargeChange * season.Value;
    }

    /// <summary>The shortest multiple of a season that explains more than the season does; 0 where none does.</summary>
    private int Beyond(int season)
    {
        double[] all = [.. _values];
        RemoveSeason(season);
        double[] multiples = new double[(_longest / season) + 1];
        for (int count = 2; count < multiples.Length; count++)
            multiples[count] = Share(count * season, count * season, LongerErrorRate / multiples.Length, season);
        all.CopyTo(_values, 0);
        return First(multiples) * season;
    }

    /// <summary>Whether a season is much of a longer one: a day within a week, or a week beside a day.</summary>
    private bool IsWithin(int season, int longer, double share) =>
        longer % season == 0 && Share(season, longer, ErrorRate / longer) > Substantial * share;

    /// <summary>The first place whose share comes near the highest; 0 where there is none.</summary>
    private static int First(double[] shares) =>
        shares.Max() is > 0 and double highest ? Array.FindIndex(shares, share => share >= Nearly * highest) : 0;

    /// <summary>A(p), or 0 where it may be chance.</summary>
    /// <param name="length">The season p.</param>
    /// <param name="window">Steps of the moving average, p or a multiple.</param>
    /// <param name="errorRate">How probable such a result may be without a season.</param>
    /// <param name="known">The season whose means were taken from the values; 1 for none.</param>
    private double Share(int length, int window, double errorRate, int known = 1)
    {
        Span<double> r = Residuals(window);
        double total = 0, fourth = 0, explained = 0;
        int observed = 0;
        for (int phase = 0; phase < length; phase++)
        {
            double sum = 0;
            int count = 0;
            for (int t = phase; t < r.Length; t += length)
            {
                if (double.IsNaN(r[t]))
                    continue;
                double square = r[t] * r[t];
                (sum, count, total, fourth) = (sum + r[t], count + 1, total + square, fourth + (square * square));
            }

            observed += count;
            explained += count > 0 ? sum * sum / count : 0;
        }

        // A quarter of two seasons may be missing, and half of many.
        double m = (double)observed / length;
        if (m < Math.Max(1.5, 0.5 * (r.Length / length)) || !(total > 0))
            return 0;
        double part = Math.Min(explained / total, 1 - 1e-9);
        double share = ((m * part) - 1) / (m - 1);
        if (share < LeastShare)
            return 0;

        double threshold = -NormalDistribution.Quantile(errorRate);
        double freedom = Math.Min(length - known, 3 * total * total / fourth / m);
        if (freedom < 1 || Deviation(part, m, freedom) < threshold)
            return 0;
        freedom = Math.Min(freedom, Math.Max(SmoothFreedom, Freedom(r, length, total / observed)));
        return Deviation(part, m, freedom) < threshold ? 0 : share;
    }

    /// <summary>How far F = R² (m − 1) / (1 − R²) lies above what F(d, d (m − 1)) gives, in standard deviations: Paulson's
    /// approximation.</summary>
    private static double Deviation(double part, double m, double freedom)
    {
        double ratio = Math.Cbrt(part * (m - 1) / (1 - part));
        double above = 2 / (9 * freedom), below = above / (m - 1);
        return (((1 - below) * ratio) - (1 - above)) / Math.Sqrt((below * ratio * ratio) + above);
    }

    /// <summary>Degrees of freedom of one season: p / Σ (1 − |j| / p) ρ(j)² over its lags j, of which some stand for all.</summary>
    private static double Freedom(ReadOnlySpan<double> r, int length, double variance)
    {
        double sum = 1;
        int step = Math.Max(1, length / Lags);
        for (int lag = 1; lag < length; lag += step)
        {
            double products = 0;
            int count = 0;
            for (int t = lag; t < r.Length; t++)
            {
                double product = r[t] * r[t - lag];
                if (!double.IsNaN(product))
                    (products, count) = (products + product, count + 1);
            }

            double correlation = count == 0 ? 0 : products / count / variance;
            sum += 2 * Math.Min(step, length - lag) * (1 - ((double)lag / length)) * correlation * correlation;
        }

        return length / sum;
    }

    /// <summary>The values without their moving average, in which a step of each phase counts the same; whole windows at the end of what
    /// there is.</summary>
    private Span<double> Residuals(int window)
    {
        // An even window has half a step at either end.
        int half = window / 2;
        double outside = window % 2 == 0 ? 0.5 : 0;
        Mean inner = new();
        for (int t = 0; t < Math.Min(_values.Length, (2 * half) + 1); t++)
            inner.Add(_values[t], 1);
        Mean all = new();
        int usable = Math.Max(0, _values.Length - (2 * half)) / window * window, start = _values.Length - half - usable;
        for (int t = half; t < _values.Length - half; t++)
        {
            Mean weighted = inner;
            weighted.Add(_values[t - half], -outside);
            weighted.Add(_values[t + half], -outside);
            _residuals[t] = _values[t] - weighted.Value;
            if (t >= start)
                all.Add(_residuals[t], 1);
            inner.Add(_values[t - half], -1);
            if (t + half + 1 < _values.Length)
                inner.Add(_values[t + half + 1], 1);
        }

        Span<double> r = _residuals.AsSpan(start, usable);
        foreach (ref double residual in r)
            residual -= all.Value;
        return r;
    }

    /// <summary>Takes the means of a season's phases from the values.</summary>
    private void RemoveSeason(int length)
    {
        Span<double> r = Residuals(length);
        int start = _values.Length - (length / 2) - r.Length;
        Mean[] means = new Mean[length];
        for (int t = 0; t < r.Length; t++)
            means[(start + t) % length].Add(r[t], 1);
        for (int t = 0; t < _values.Length; t++)
            _values[t] -= means[t % length].Value;
    }

    /// <summary>Gives the largest value a magnitude of 1, so that squares are neither 0 nor infinite. A power of two changes no
    /// digit.</summary>
    private void Rescale()
    {
        double largest = 0;
        foreach (double value in _values)
            largest = Math.Abs(value) > largest ? Math.Abs(value) : largest;
        if (largest == 0)
            return;
        int exponent = Math.ILogB(largest);
        foreach (ref double value in _values.AsSpan())
            value = Math.ScaleB(value, -exponent);
    }

    /// <summary>Takes single values that lie far beyond both neighbours for missing ones, if they are rare.</summary>
    private void RemoveSpikes()
    {
        double[] steps = [.. _values.Zip(_values.Skip(1), (before, after) => Math.Abs(after - before)).Where(double.IsFinite).Order()];
        if (steps.Length == 0 || steps[steps.Length / 2] == 0)
            return;
        double far = SpikeSteps * steps[steps.Length / 2];
        List<int> spikes = [];
        for (int t = 1; t < _values.Length - 1; t++)
        {
            double rise = _values[t] - _values[t - 1], fall = _values[t] - _values[t + 1];
            if (Math.Min(Math.Abs(rise), Math.Abs(fall)) > far && rise * fall > 0)
                spikes.Add(t);
        }

        if (spikes.Count <= Math.Max(1, RareShare * _values.Length))
            spikes.ForEach(t => _values[t] = double.NaN);
    }

    /// <summary>A mean of values that come and go; missing ones do not count.</summary>
    private record struct Mean(double Sum, double Weight)
    {
        public readonly double Value => Weight > 0 ? Sum / Weight : 0;

        public void Add(double value, double weight)
        {
            if (!double.IsNaN(value))
                (Sum, Weight) = (Sum + (weight * value), Weight + weight);
        }
    }
}
