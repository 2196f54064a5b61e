namespace RetNet.Extensions.Benchmarks.Conversations;

/// <summary>Sessions of users: they begin at any time of a day, have a geometric number of turns, and log-normal times between the
/// beginnings of turns.</summary>
/// <param name="Count">The number of sessions.</param>
/// <param name="MeanTurns">The mean number of turns, above 1.</param>
/// <param name="MedianGap">The median time between two turns, in seconds.</param>
/// <param name="Spread">The standard deviation of the logarithm of that time.</param>
/// <param name="Seed">Chooses them.</param>
internal sealed record Sessions(int Count, double MeanTurns, double MedianGap, double Spread, int Seed)
{
    public const double SecondsOfADay = 24 * 60 * 60;

    /// <summary>The turns of all sessions in the order of time. Sessions begin within the first day, and end when they end.</summary>
    public IReadOnlyList<Turn> Draw()
    {
        Random random = new(Seed);
        List<Turn> turns = [];
        for (int session = 0; session < Count; session++)
        {
            double time = random.NextDouble() * SecondsOfADay;
            turns.Add(new Turn(time, session));
            while (random.NextDouble() < 1 - 1 / MeanTurns)
            {
                time += MedianGap * Math.Exp(Spread * Normal(random));
                turns.Add(new Turn(time, session));
            }
        }

        turns.Sort();
        return turns;
    }

    // Box and Muller.
    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    /// <param name="Time">When it begins, in seconds.</param>
    /// <param name="Session">The number of the session.</param>
    internal readonly record struct Turn(double Time, int Session) : IComparable<Turn>
    {
        public int CompareTo(Turn other) => Time.CompareTo(other.Time);
    }
}
