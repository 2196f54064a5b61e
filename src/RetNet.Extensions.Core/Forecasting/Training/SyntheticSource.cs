using RetNet.Extensions.Core.Forecasting.Series;
using RetNet.Extensions.Core.Forecasting.Synthesis;
using RetNet.Extensions.Core.Training.Run;

namespace RetNet.Extensions.Core.Forecasting.Training;

/// <summary>Generated series of all lengths, no two the same. Most are short, as the series of businesses are; some steps ahead are reached
/// by tokens without observations, and a part of the series comes without its seasons.</summary>
/// <param name="seed">Seed of all series.</param>
/// <param name="shape">How series are cut.</param>
/// <param name="curriculum">The series that are drawn until the longest are as long as later ones; the first ones are short.</param>
internal sealed class SyntheticSource(int seed, PatchShape shape, long curriculum = 0) : ISeriesSource
{
    private const int LongestAtFirst = 48;
    private const int Shortest = 6;
    private const int Usual = 640;
    private const int Longest = SeriesMemory.LongestCounted;
    private const int MostAhead = 40;

    private readonly SyntheticSeries _series = new(seed);

    public double Count => double.PositiveInfinity;

    public string Fingerprint => curriculum == 0 ? $"synthetic {seed}" : $"synthetic {seed}, curriculum {curriculum}";

    public TrainingSeries Get(long index)
    {
        RandomStream random = new(seed, ~index);
        int longest = random.Next(25) == 0 ? Longest : Usual;
        if (index < curriculum)
            longest = (int)(LongestAtFirst * Math.Pow((double)longest / LongestAtFirst, (double)index / curriculum));
        int known = (int)(Shortest * Math.Pow((double)longest / Shortest, random.Next(1 << 20) / (double)(1 << 20)));
        int ahead = random.Next(10) switch
        {
            < 4 => 0,
            < 8 => 1 + random.Next(6),
            < 9 => 1 + random.Next(16),
            _ => 1 + random.Next(MostAhead),
        };
        GeneratedSeries series = _series.Generate(index, known + shape.Horizon + (ahead * shape.Stride));
        return new TrainingSeries(series.Values, known, ahead, random.Next(8) == 0 ? [] : series.Seasons);
    }
}
