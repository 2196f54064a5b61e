using System.Diagnostics.CodeAnalysis;

namespace RetNet.Extensions.Core.Forecasting.Synthesis;

/// <summary>Time series of many kinds, on which a forecaster is trained that has to know series it has never seen. They are functions of
/// a seed and an index. Safe for concurrent use.</summary>
/// <param name="seed">Another seed gives other series.</param>
[Experimental("RETNET001")]
public sealed class SyntheticSeries(int seed)
{
    private const double LargestValue = 1e15;

    /// <summary>The share of mixtures of two series.</summary>
    private const double MixedShare = 0.03;

    /// <summary>The share of series of which the observer knows no season.</summary>
    private const double UnnamedShare = 0.03;

    /// <summary>The share of business series whose growth changes once.</summary>
    private const double BentShare = 0.4;

    private const double MissingShare = 0.1;

    /// <summary>A kind of series.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Weights">Its weights for business rates (years, quarters, months), rates within a day, and the others.</param>
    /// <param name="Generate">Draws one.</param>
    /// <param name="HasUnits">Whether its values are what is counted, so that neither another scale nor other digits would do.</param>
    private sealed record Family(
        string Name, (
            double Business, double WithinDay, double Other) Weights, Func<SeriesSetting, double[]> Generate, bool HasUnits = false);

    private static readonly Family[] Families =
    [
        new("smoothing", (22, 6, 15), SmoothingFamily.Generate),
        new("structural", (33, 12, 18), StructuralFamily.Generate),
        new("disturbed", (11, 5, 6), StructuralFamily.GenerateDisturbed),
        new("walk", (6, 2, 6), StructuralFamily.GenerateWalk),
        new("sarima", (11, 4, 6), ArimaFamily.GenerateIntegrated),
        new("arma", (2, 3, 5), ArimaFamily.GenerateStationary),
        new("kernel", (4.5, 8, 12), KernelFamily.Generate),
        new("profile", (2.5, 50, 10), ProfileFamily.Generate),
        new("counts", (3, 5, 6), CountFamily.GenerateCounts, HasUnits: true),
        new("intermittent", (1.5, 2, 6), CountFamily.GenerateIntermittent, HasUnits: true),
        new("bounded", (1.5, 3, 4), BoundedFamily.Generate, HasUnits: true),
        new("regime", (1, 2, 3), RegimeFamily.Generate),
        new("chaos", (0.5, 2, 2), ChaosFamily.Generate),
        new("waveform", (1.5, 4, 5), WaveformFamily.Generate),
    ];

    private static readonly double[] BusinessWeights = [.. Families.Select(family => family.Weights.Business)];
    private static readonly double[] WithinDayWeights = [.. Families.Select(family => family.Weights.WithinDay)];
    private static readonly double[] OtherWeights = [.. Families.Select(family => family.Weights.Other)];

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
        Families[setting.Random.Weighted(
            setting.Rate.IsBusiness ? BusinessWeights : setting.Rate.IsWithinDay ? WithinDayWeights : OtherWeights)];

    private static double[] Measure(SeriesSetting setting, double[] values)
    {
        SeriesRandom random = setting.Random;
        if (setting.Rate.IsBusiness && random.Chance(BentShare))
            Disturbance.Bend(setting, values);
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
