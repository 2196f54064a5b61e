namespace RetNet.Extensions.Core.Forecasting.Synthesis;

/// <summary>Time series of many kinds, on which a forecaster is trained that has to know series it has never seen. They are functions of
/// a seed and an index. Safe for concurrent use.</summary>
/// <param name="seed">Another seed gives other series.</param>
public sealed class SyntheticSeries(int seed)
{
    private const double LargestValue = 1e15;

    /// <summary>The share of mixtures of two series.</summary>
    private const double MixedShare = 0.03;

    /// <summary>The share of series of which the observer knows no season.</summary>
    private const double UnnamedShare = 0.06;

    private const double MissingShare = 0.1;

    /// <summary>A kind of series.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Weight">Its weight for rates from years to days.</param>
    /// <param name="WeightWithinDay">Its weight for rates of several steps a day.</param>
    /// <param name="Generate">Draws one.</param>
    /// <param name="HasUnits">Whether its values are what is counted, so that neither another scale nor other digits would do.</param>
    private sealed record Family(
        string Name, double Weight, double WeightWithinDay, Func<SeriesSetting, double[]> Generate, bool HasUnits = false);

    private static readonly Family[] Families =
    [
        new("smoothing", 20, 6, SmoothingFamily.Generate),
        new("structural", 22, 12, StructuralFamily.Generate),
        new("disturbed", 6, 5, StructuralFamily.GenerateDisturbed),
        new("walk", 5, 3, StructuralFamily.GenerateWalk),
        new("sarima", 9, 4, ArimaFamily.GenerateIntegrated),
        new("arma", 4, 3, ArimaFamily.GenerateStationary),
        new("kernel", 9, 9, KernelFamily.Generate),
        new("profile", 7, 40, ProfileFamily.Generate),
        new("counts", 4, 5, CountFamily.GenerateCounts, HasUnits: true),
        new("intermittent", 4, 2, CountFamily.GenerateIntermittent, HasUnits: true),
        new("bounded", 3, 3, BoundedFamily.Generate, HasUnits: true),
        new("regime", 2.5, 2, RegimeFamily.Generate),
        new("chaos", 1.5, 2, ChaosFamily.Generate),
        new("waveform", 3, 4, WaveformFamily.Generate),
    ];

    private static readonly double[] Weights = [.. Families.Select(family => family.Weight)];
    private static readonly double[] WeightsWithinDay = [.. Families.Select(family => family.WeightWithinDay)];

    /// <summary>The names of all families.</summary>
    internal static IEnumerable<string> FamilyNames => Families.Select(family => family.Name);

    /// <summary>Generates one series.</summary>
    /// <param name="index">Which one.</param>
    /// <param name="length">The number of values, from 3. A series of another length is another series, not a part of this one.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is below 3.</exception>
    public GeneratedSeries Generate(long index, int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 3);
        SeriesRandom random = new(seed, (index << 20) ^ length);
        while (true)
        {
            SeriesSetting setting = new(random, length, SamplingRate.Draw(random, length));
            Family family = Draw(setting);
            double[] values = family.Generate(setting);
            if (!family.HasUnits)
                values = Measure(setting, values);
            if (!values.All(value => Math.Abs(value) <= LargestValue))
                continue;
            if (random.Chance(MissingShare))
                Augmentation.LoseValues(random, values);
            int[] seasons = random.Chance(UnnamedShare) ? [] : setting.Rate.Seasons;
            return new(values, seasons, family.Name);
        }
    }

    private static Family Draw(SeriesSetting setting) =>
        Families[setting.Random.Weighted(setting.Rate.IsWithinDay ? WeightsWithinDay : Weights)];

    private static double[] Measure(SeriesSetting setting, double[] values)
    {
        SeriesRandom random = setting.Random;
        if (random.Chance(MixedShare))
            values = Mix(setting, values);
        if (random.Chance(0.01))
            values = Augmentation.WarpTime(random, values);
        Augmentation.Scale(random, values);
        Augmentation.Round(random, values);
        return values;
    }

    private static double[] Mix(SeriesSetting setting, double[] values)
    {
        double[] path = Paths.Standardize(values);
        Paths.Add(path, Paths.Standardize(Draw(setting).Generate(setting)), setting.Random.Uniform(0.2, 1));
        return Paths.Place(setting.Random, path);
    }
}
