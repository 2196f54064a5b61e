using RetNet.Extensions.Core.Forecasting.Series;

namespace RetNet.Extensions.Core.Tests.Forecasting;

public class SeriesMemoryTests
{
    private static readonly PatchShape Shape = new(8, 32, 24);

    [Fact]
    public void A_season_is_known_by_its_profile_and_its_last_values()
    {
        SeasonMemory season = new(4);
        double[] profile = [-3, 1, 4, -2];
        for (int t = 0; t < 200; t++)
            season.Add(t, 50 + t + profile[t % 4]);

        for (int phase = 0; phase < 4; phase++)
        {
            Assert.Equal(profile[phase], season.Profile(200 + phase), 1e-9);
            Assert.Equal(50 + 196 + phase + profile[phase], season.Last(200 + phase));
        }

        Assert.Equal(4, season.MeanDifference, 1e-9);
    }

    [Fact]
    public void Missing_values_leave_a_season_as_it_was()
    {
        SeasonMemory season = new(4);
        for (int t = 0; t < 40; t++)
            season.Add(t, t % 4);
        for (int t = 40; t < 80; t++)
            season.Add(t, double.NaN);

        for (int phase = 0; phase < 4; phase++)
        {
            Assert.Equal(phase - 1.5, season.Profile(80 + phase), 1e-9);
            Assert.Equal(phase, season.Last(80 + phase));
        }
    }

    [Fact]
    public void Without_a_season_the_naive_error_is_the_mean_change()
    {
        SeriesMemory memory = new(Shape, []);
        foreach (double value in (double[])[1, 3, double.NaN, 2, 2])
            memory.Add(value);

        Assert.Equal((2 + 1 + 0) / 3.0, memory.NaiveError, 1e-12);
        Assert.Equal(5, memory.Count);
        Assert.Equal(4, memory.Observed);
    }

    [Fact]
    public void Tokens_without_observations_keep_window_and_scale()
    {
        SeriesMemory memory = new(Shape, [12]);
        float[] seen = new float[Shape.Features], ahead = new float[Shape.Features], naive = new float[Shape.NaiveSteps];
        for (int t = 0; t < 48; t++)
            memory.Add(t % 12 * 2);
        memory.WriteToken(seen, naive);
        SeriesScale scale = memory.Scale;
        for (int t = 0; t < 8; t++)
            memory.Add(double.NaN);
        memory.WriteToken(ahead, naive);

        Assert.Equal(scale, memory.Scale);
        Assert.Equal(seen.AsSpan(0, Shape.WindowFeatures), ahead.AsSpan(0, Shape.WindowFeatures));

        // The last values of the season, 8 steps further on.
        ReadOnlySpan<float> before = seen.AsSpan(Shape.WindowFeatures, Shape.Horizon);
        Assert.Equal(before[8..], ahead.AsSpan(Shape.WindowFeatures, Shape.Horizon - 8));
    }

    [Fact]
    public void A_token_does_not_say_by_how_much_a_series_is_longer_than_those_of_the_training()
    {
        SeriesMemory memory = new(Shape, [12]);
        float[] before = new float[Shape.Features], after = new float[Shape.Features], naive = new float[Shape.NaiveSteps];
        const int steps = 2016;
        Read(before);
        Read(after);

        Assert.All(before.Zip(after), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));

        void Read(float[] features)
        {
            for (int t = 0; t < steps; t++)
            {
                memory.Add(t % 12 * 2);
                if (memory.Pending == Shape.Stride)
                    memory.WriteToken(features, naive);
            }
        }
    }

    [Fact]
    public void A_token_does_not_say_how_much_farther_0_is_than_in_the_training()
    {
        Assert.Equal(Token(1e6), Token(1e9), (one, other) => Math.Abs(one - other) < 1e-5f);

        static float[] Token(double level)
        {
            SeriesMemory memory = new(Shape, [12]);
            float[] features = new float[Shape.Features];
            for (int t = 0; t < 96; t++)
                memory.Add(level + (t % 12 * 2) + (t / 4));
            memory.WriteToken(features, new float[Shape.NaiveSteps]);
            return features;
        }
    }

    [Fact]
    public void A_value_is_told_as_far_outside_as_those_of_the_training_at_most()
    {
        Assert.Equal(Token(1e9), Token(1e30), (one, other) => Math.Abs(one - other) < 1e-6f);

        static float[] Token(double outlier)
        {
            SeriesMemory memory = new(Shape, []);
            float[] features = new float[Shape.Features];
            for (int t = 0; t < 96; t++)
                memory.Add(t == 70 ? outlier : t == 80 ? -outlier : Math.Sin(t));
            memory.WriteToken(features, new float[Shape.NaiveSteps]);
            return features;
        }
    }

    [Fact]
    public void All_features_are_finite_and_moderate()
    {
        SeriesMemory memory = new(Shape, [7, 365]);
        float[] features = new float[Shape.Features], naive = new float[Shape.NaiveSteps];
        Random random = new(5);
        for (int t = 0; t < 3000; t++)
        {
            memory.Add(t % 100 == 0 ? double.NaN : t % 977 == 3 ? 1e30 : random.NextDouble() - 0.5);
            if (memory.Pending < Shape.Stride)
                continue;
            memory.WriteToken(features, naive);
            Assert.All(features, value => Assert.True(Math.Abs(value) < 100, $"{value} at {t}"));
        }
    }
}
