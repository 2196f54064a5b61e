namespace Forecasting;

/// <summary>The monthly sales of a garden shop that does not exist.</summary>
public static class SalesHistory
{
    private static readonly double[] Season = [0.62, 0.66, 1.02, 1.42, 1.55, 1.31, 1.05, 0.93, 0.98, 0.91, 0.75, 0.80];

    // Months counted from the first: a promotion brings forward what would be sold a month later; the till was broken twice.
    private static readonly int[] Promotions = [29, 56, 77];
    private static readonly int[] Missing = [19, 20, 66];

    /// <summary>Months from January 2016 on: growth that slows down, a year that gets more pronounced, noise.</summary>
    public static SalesMonth[] Create(int months)
    {
        Random random = new(5);
        double level = 80;
        return [.. Enumerable.Range(0, months).Select(month =>
        {
            level += 1.1 - (0.006 * month) + (0.8 * (random.NextDouble() - 0.5));
            double season = 1 + ((Season[month % 12] - 1) * (0.9 + (0.002 * month)));
            double noise = 1 + (0.07 * (random.NextDouble() + random.NextDouble() - 1));
            double promotion = Promotions.Contains(month) ? 1.35 : Promotions.Contains(month - 1) ? 0.85 : 1;
            double sales = level * season * noise * promotion;
            return new SalesMonth
            {
                Month = new DateTime(2016, 1, 1).AddMonths(month),
                Sales = Missing.Contains(month) ? float.NaN : (float)Math.Round(sales, 1),
            };
        })];
    }
}
