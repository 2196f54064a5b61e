using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.Core.Forecasting.Training;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Core.Tests.Forecasting;

/// <summary>Small forecasters, a little trained so that all weights matter, and series for them.</summary>
internal static class SmallForecasters
{
    private static readonly Lazy<Forecaster> Lazily = new(() => Create("retnet"));

    public static TrainableForecaster CreateTrained(string family = "retnet", int steps = 10, int threads = 1)
    {
        TrainableForecaster model = TrainableForecaster.Create(
            ForecasterConfiguration.Create(family, width: 32, layers: 2, heads: 2) with { EmbeddingWidth = 24 }, seed: 3, threads);
        new ForecasterTrainer(model, new TrainingOptions { Steps = steps, BatchSize = 8, LearningRate = 5e-3, Seed = 4 }).Train();
        return model;
    }

    /// <summary>A RetNet that all tests share.</summary>
    public static Forecaster Shared => Lazily.Value;

    public static Forecaster Create(string family, StateOptions? state = null)
    {
        using TemporaryFolder folder = new();
        using (TrainableForecaster model = CreateTrained(family))
            model.Save(folder.Root, halfPrecision: false);
        return Forecaster.Load(folder.Root, new ModelLoadOptions { Threads = 2 }, state);
    }

    /// <summary>Trend, season and noise, with some values missing.</summary>
    public static double[] Series(int length, int season = 12, int seed = 1, double missing = 0.05)
    {
        Random random = new(seed);
        double[] values = new double[length];
        for (int t = 0; t < length; t++)
        {
            double value = 100 + (0.3 * t) + (10 * Math.Sin(2 * Math.PI * t / season)) + (2 * random.NextDouble());
            values[t] = random.NextDouble() < missing ? double.NaN : value;
        }

        return values;
    }
}
