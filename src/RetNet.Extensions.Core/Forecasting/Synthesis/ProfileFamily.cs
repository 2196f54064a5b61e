namespace RetNet.Extensions.Core.Forecasting.Synthesis;

/// <summary>Cycles within cycles, as people make them: days of a week (electricity, traffic, visits) or days and weeks of a year. Each
/// inner cycle has the profile of its kind, an amplitude and a level of its own.</summary>
internal static class ProfileFamily
{
    public static double[] Generate(SeriesSetting setting)
    {
        SeriesRandom random = setting.Random;
        int inner = setting.Season > 1 ? setting.Season : random.Integer(3, Math.Max(4, setting.Length / 3));
        int perOuter = setting.Rate.Seasons is [int first, int second] ? second / first : setting.Rate.IsWithinDay ? 7 : 1;
        bool isDaily = inner == 7 && setting.Rate.Seasons is [7, ..];
        double[] path = Cycles(setting, inner, isDaily ? 1 : perOuter);

        double noise = random.LogUniform(0.002, 0.2);
        if (isDaily && random.Chance(0.5))
            Paths.Add(path, Year(random, setting.Length), random.LogUniform(0.05, 0.6));
        if (random.Chance(0.6))
            Paths.Add(path, TrendPath.Draw(setting), random.Uniform(0.2, 1));
        Paths.Add(path, NoisePath.Draw(random, setting.Length), noise);
        return random.Weighted(0.45, 0.4, 0.15) switch
        {
            0 => Paths.Exponentiate(path),
            1 => OnLevel(random, path),
            _ => Clipped(random, path),
        };
    }

    private static double[] Cycles(SeriesSetting setting, int inner, int perOuter)
    {
        SeriesRandom random = setting.Random;
        double[] path = new double[setting.Length];

        // Kinds of inner cycles: all alike, or working days, the sixth and the seventh.
        double[] common = SmoothProfile(random, inner);
        double difference = perOuter > 1 && random.Chance(0.8) ? random.LogUniform(0.05, 1) : 0;
        double[][] kinds = [common, Blend(random, common, difference), Blend(random, common, difference)];
        double[] levels = [0, random.Normal(-0.5, 0.5) * difference, random.Normal(-0.8, 0.5) * difference];
        double[] heights = [1, RestHeight(random, difference), RestHeight(random, difference)];
        double bottom = common.Min();
        double[] outer = NoisePath.White(random, perOuter);
        double outerSpread = random.Chance(0.5) ? 0 : random.LogUniform(0.01, 0.2);
        double[] later = random.Chance(0.3) ? Blend(random, common, random.LogUniform(0.1, 1)) : common;

        double amplitude = random.LogUniform(0.1, 1);
        double amplitudeSpread = random.Chance(0.3) ? 0 : random.LogUniform(0.02, 0.35);
        double levelSpread = random.Chance(0.3) ? 0 : amplitude * random.LogUniform(0.02, 0.5);
        double persistence = random.Uniform(0, 0.97);
        double innovation = Math.Sqrt(1 - (persistence * persistence));
        double holidays = random.Chance(0.4) ? random.Uniform(0.005, 0.03) : 0;

        int start = random.Integer(0, (inner * perOuter) - 1);
        (double scale, double level) = (random.Normal(), random.Normal());
        double previousLevel = level;
        int kind = 0;
        double cycleLevel = 0;
        for (int t = 0; t < path.Length; t++)
        {
            int phase = (start + t) % inner;
            int day = (start + t) / inner % perOuter;
            if (phase == 0 || t == 0)
            {
                previousLevel = level;
                scale = (persistence * scale) + (innovation * random.Normal());
                level = (persistence * level) + (innovation * random.Normal());
                kind = random.Chance(holidays) ? 2 : perOuter == 7 ? Math.Max(0, day - 4) : 0;
                cycleLevel = levels[kind] + (outerSpread * outer[day]);
            }

            // The level goes smoothly from one cycle to the next.
            double part = (double)phase / inner;
            double here = previousLevel + (part * (level - previousLevel));
            double shape = kinds[kind][phase] + ((double)t / path.Length * (later[phase] - common[phase]));
            shape = bottom + (heights[kind] * (shape - bottom));
            path[t] = (amplitude * Math.Exp(amplitudeSpread * scale) * (shape + cycleLevel)) + (levelSpread * here);
        }

        return path;
    }

    /// <summary>How high the peaks of a day of rest are, beside those of a working day.</summary>
    private static double RestHeight(SeriesRandom random, double difference) =>
        difference > 0 && random.Chance(0.5) ? random.Uniform(0.1, 1.1) : 1;

    /// <summary>A profile of which the rough ones are smoothed where a cycle has many phases.</summary>
    private static double[] SmoothProfile(SeriesRandom random, int phases)
    {
        double[] profile = SeasonProfile.Draw(random, phases);
        if (phases < 12 || random.Chance(0.3))
            return profile;
        double[] smooth = new double[phases];
        for (int i = 0; i < phases; i++)
        {
            smooth[i] = (profile[i] * 0.5)
                + (0.25 * (profile[(i + 1) % phases] + profile[(i + phases - 1) % phases]));
        }

        return Paths.Standardize(smooth);
    }

    private static double[] Blend(SeriesRandom random, double[] profile, double difference)
    {
        if (difference == 0)
            return profile;
        double[] blended = SmoothProfile(random, profile.Length);
        for (int i = 0; i < blended.Length; i++)
            blended[i] = profile[i] + (difference * 0.6 * (blended[i] - profile[i]));
        return blended;
    }

    /// <summary>The course of a year in days, with some days that stand out each year.</summary>
    private static double[] Year(SeriesRandom random, int length)
    {
        double[] profile = SeasonProfile.Harmonic(random, 365);
        Paths.Standardize(profile);
        int special = random.Integer(0, 6);
        for (int i = 0; i < special; i++)
            profile[random.Integer(0, 364)] += random.Normal(-1, 2);
        double[] path = new double[length];
        int start = random.Integer(0, 364);
        for (int t = 0; t < length; t++)
            path[t] = profile[(start + t) % 365];
        return path;
    }

    private static double[] OnLevel(SeriesRandom random, double[] path)
    {
        double offset = random.Uniform(0.05, 3) - path.Min();
        for (int t = 0; t < path.Length; t++)
            path[t] += offset;
        return path;
    }

    /// <summary>Nothing below zero: nights without sun or visitors.</summary>
    private static double[] Clipped(SeriesRandom random, double[] path)
    {
        (double mean, double deviation) = Paths.MeanAndDeviation(path);
        double floor = mean + (deviation * random.Uniform(-1.2, 0.3));
        for (int t = 0; t < path.Length; t++)
            path[t] = Math.Max(0, path[t] - floor);
        return path;
    }
}
