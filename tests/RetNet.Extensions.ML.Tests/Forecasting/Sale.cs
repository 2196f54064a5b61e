namespace RetNet.Extensions.ML.Tests.Forecasting;

/// <summary>A row of long data: the sales of a store on a day.</summary>
internal sealed class Sale
{
    public float Value { get; set; }

    public double Precise { get; set; }

    public string Store { get; set; } = "";

    public int Number { get; set; }

    public DateTime Day { get; set; }

    public DateTimeOffset Instant { get; set; }

    /// <summary>Rows of one store: a trend with a season of 7 days.</summary>
    public static List<Sale> Rows(int count, string store = "A", double level = 100, int first = 0) =>
        [.. Enumerable.Range(first, count).Select(i => Of(level + (0.5 * i) + (10 * Math.Sin(2 * Math.PI * i / 7)), i, store))];

    /// <summary>Rows of several stores, day after day.</summary>
    public static List<Sale> Stores(int count, params string[] stores) =>
        [.. Enumerable.Range(0, count).SelectMany(
            i => stores.Select((store, s) => Of((100 * (s + 1)) + i + (10 * Math.Cos(2 * Math.PI * i / (5 + s))), i, store)))];

    public static Sale Of(double value, int day, string store = "A")
    {
        DateTime date = new DateTime(2024, 1, 1).AddDays(day);
        return new Sale
        {
            Value = (float)value,
            Precise = value,
            Store = store,
            Number = store.Length == 0 ? 0 : store[0],
            Day = date,
            Instant = new DateTimeOffset(date, TimeSpan.FromHours(1)),
        };
    }
}
