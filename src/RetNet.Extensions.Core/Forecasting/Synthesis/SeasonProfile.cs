namespace RetNet.Extensions.Core.Forecasting.Synthesis;

/// <summary>Profiles of a season: one value per phase, with mean 0 and standard deviation 1.</summary>
internal static class SeasonProfile
{
    /// <summary>A profile of a kind that suits the number of phases.</summary>
    public static double[] Draw(SeriesRandom random, int phases)
    {
        double[] weights = phases switch
        {
            <= 7 => [0.6, 0.1, 0.05, 0.1, 0.15],
            <= 13 => [0.35, 0.35, 0.2, 0.05, 0.05],
            _ => [0.08, 0.52, 0.25, 0.1, 0.05],
        };
        double[] profile = random.Weighted(weights) switch
        {
            0 => NoisePath.White(random, phases),
            1 => Harmonic(random, phases),
            2 => Peaks(random, phases),
            3 => OnOff(random, phases),
            _ => Workdays(random, phases),
        };
        return Paths.Standardize(profile);
    }

    /// <summary>A sum of harmonics, the higher the weaker.</summary>
    public static double[] Harmonic(SeriesRandom random, int phases)
    {
        double[] profile = new double[phases];
        int harmonics = Math.Min(random.Integer(1, 6), Math.Max(1, phases / 2));
        double decay = random.Uniform(0.3, 1.5);
        for (int k = 1; k <= harmonics; k++)
        {
            double amplitude = random.Normal() * Math.Pow(k, -decay);
            double shift = random.Uniform(0, 2 * Math.PI);
            for (int i = 0; i < phases; i++)
                profile[i] += amplitude * Math.Sin((2 * Math.PI * k * i / phases) + shift);
        }

        return profile;
    }

    /// <summary>One to three bumps on a flat line, such as a Christmas trade or the rush hours.</summary>
    private static double[] Peaks(SeriesRandom random, int phases)
    {
        double[] profile = new double[phases];
        int peaks = random.Integer(1, 3);
        for (int k = 0; k < peaks; k++)
        {
            double centre = random.Uniform(0, phases);
            double width = Math.Max(0.5, random.LogUniform(0.02, 0.15) * phases);
            double height = random.Uniform(0.4, 1) * (random.Chance(0.8) ? 1 : -1);
            for (int i = 0; i < phases; i++)
            {
                double distance = Math.Abs(i - centre);
                distance = Math.Min(distance, phases - distance) / width;
                profile[i] += height * Math.Exp(-0.5 * distance * distance);
            }
        }

        for (int i = 0; i < phases; i++)
            profile[i] += 0.05 * random.Normal();
        return profile;
    }

    private static double[] OnOff(SeriesRandom random, int phases)
    {
        double[] profile = new double[phases];
        int start = random.Integer(0, phases - 1);
        int on = random.Integer(1, Math.Max(1, phases - 1));
        for (int i = 0; i < on; i++)
            profile[(start + i) % phases] = 1;
        return profile;
    }

    /// <summary>About five like phases, then about two lower ones.</summary>
    private static double[] Workdays(SeriesRandom random, int phases)
    {
        double[] profile = new double[phases];
        int rest = Math.Max(1, (int)Math.Round(phases * 2 / 7.0));
        int start = random.Integer(0, phases - 1);
        double spread = random.Uniform(0, 0.3);
        for (int i = 0; i < phases; i++)
            profile[(start + i) % phases] = (i < rest ? -1 : 0) + (spread * random.Normal());
        return profile;
    }

    /// <summary>Repeats a profile from a random phase, with a shape that stays, walks, or turns into another.</summary>
    /// <param name="random">The draws.</param>
    /// <param name="length">The length of the path.</param>
    /// <param name="phases">The season.</param>
    public static double[] Repeat(SeriesRandom random, int length, int phases)
    {
        double[] profile = Draw(random, phases);
        double[] path = new double[length];
        int start = random.Integer(0, phases - 1);
        double walk = 0;
        double turn = 0;
        double[] other = profile;
        double seasons = Math.Max(1, (double)length / phases);
        switch (random.Weighted(0.4, 0.45, 0.15))
        {
            case 1:
                walk = random.LogUniform(0.03, 0.8) / Math.Sqrt(seasons);
                break;
            case 2:
                other = Draw(random, phases);
                turn = random.Uniform(0.3, 1) / length;
                break;
            default:
                break;
        }

        for (int t = 0; t < length; t++)
        {
            int phase = (start + t) % phases;
            path[t] = profile[phase] + (turn * t * (other[phase] - profile[phase]));
            if (walk > 0)
                profile[phase] += walk * random.Normal();
        }

        return path;
    }
}
