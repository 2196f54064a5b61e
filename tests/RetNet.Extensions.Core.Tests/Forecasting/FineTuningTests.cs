using System.Text;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.Core.Forecasting.Training;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Core.Tests.Forecasting;

public sealed class FineTuningTests
{
    private const int Horizon = 10;

    private static readonly double[] Pattern = [0, 9, 1, 8, 0, 0, 5, -4, 2, 7, -6];

    private static readonly Lazy<byte[]> Pretrained = new(() =>
    {
        using TrainableForecaster model = TrainableForecaster.Create(Configuration, seed: 1, threads: 1);
        new ForecasterTrainer(model, new TrainingOptions { Steps = 60, BatchSize = 8, LearningRate = 4e-3 }).Train();
        return Weights(model);
    });

    private static ForecasterConfiguration Configuration => ForecasterConfiguration.Create("retnet", 16, 1, 2) with { EmbeddingWidth = 24 };

    private static byte[] Document => Encoding.UTF8.GetBytes(Configuration.ToJson());

    [Fact]
    public void It_learns_a_pattern_that_series_of_a_family_share()
    {
        double[][] series = [.. Enumerable.Range(0, 24).Select(i => Family(i, 130))];
        using TrainableForecaster model = Load(Pretrained.Value);
        double before = Error(Pretrained.Value, series);

        TrainingResult result = new ForecasterTrainer(model, new TrainingOptions
        {
            Steps = 80,
            BatchSize = 8,
            LearningRate = 3e-3,
            EvaluateEvery = 20,
        }).FineTune([.. series.Select(values => new SeriesInput(values.AsMemory(0, 120)))], Horizon);

        Assert.True(result.ResultStep > 0);
        double after = Error(Weights(model), series);
        Assert.True(after < 0.7 * before, $"The error on steps that no one saw is {after}, and was {before}.");
    }

    [Fact]
    public void Where_training_does_not_help_the_weights_stay()
    {
        using TrainableForecaster model = Load(Pretrained.Value);
        byte[] before = Weights(model);

        TrainingResult result = new ForecasterTrainer(model, new TrainingOptions
        {
            Steps = 200,
            BatchSize = 4,
            LearningRate = 1,
            Schedule = LearningRateDecay.Constant,
            EvaluateEvery = 3,
            Patience = 2,
        }).FineTune([new SeriesInput(Family(1, 80))], Horizon);

        Assert.Equal(0, result.ResultStep);
        Assert.Equal(before, Weights(model));
        Assert.Equal(TrainingEnd.EarlyStopping, result.End);
    }

    [Fact]
    public void The_last_steps_are_not_learned()
    {
        double[] series = Family(3, 100);
        double[] other = [.. series];
        for (int step = 100 - Horizon; step < 100; step++)
            other[step] += 1000;

        byte[] Tune(double[] values)
        {
            using TrainableForecaster model = Load(Pretrained.Value);
            List<double> losses = [];
            TrainingResult result = new ForecasterTrainer(model, new TrainingOptions { Steps = 3, BatchSize = 4, EvaluateEvery = 3 })
                .FineTune([new SeriesInput(values)], Horizon);
            return [.. result.History.SelectMany(point => BitConverter.GetBytes(point.Loss))];
        }

        Assert.Equal(Tune(series), Tune(other));
    }

    [Fact]
    public void Short_series_missing_values_and_a_horizon_of_many_tokens_are_no_obstacle()
    {
        double[] holes = Family(4, 60);
        foreach (int step in (int[])[0, 1, 20, 21, 22, 59])
            holes[step] = double.NaN;
        SeriesInput[] series =
        [
            new(holes), new(new double[] { 1, 2, 3 }), new(Array.Empty<double>()), new(Enumerable.Repeat(double.NaN, 90).ToArray()),
            new(Family(5, 54), new SeriesOptions { SeasonLengths = [11] }), new(Enumerable.Repeat(4.0, 70).ToArray()),
        ];
        using TrainableForecaster model = Load(Pretrained.Value);

        TrainingResult result = new ForecasterTrainer(model, new TrainingOptions { Epochs = 4, BatchSize = 3 }).FineTune(series, 48);

        Assert.True(double.IsFinite(result.ValidationLoss!.Value));
    }

    [Fact]
    public void Series_that_are_all_too_short_are_refused()
    {
        using TrainableForecaster model = Load(Pretrained.Value);
        ForecasterTrainer trainer = new(model, new TrainingOptions { Steps = 1 });

        Assert.Contains("None of 1 series has 4 values before its last 10 steps", Assert.Throws<ArgumentException>(
            () => trainer.FineTune([new SeriesInput(new double[13])], Horizon)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => trainer.FineTune([], Horizon));
        Assert.Throws<ArgumentOutOfRangeException>(() => trainer.FineTune([new SeriesInput(Family(1, 80))], 0));
        Assert.Contains("step 3", Assert.Throws<ArgumentException>(() => trainer.FineTune(
            [new SeriesInput(new double[] { 1, 2, 3, double.PositiveInfinity })], 1)).Message, StringComparison.Ordinal);
    }

    /// <summary>The pattern from another place in each series, at another level and size, with some noise.</summary>
    private static double[] Family(int seed, int length)
    {
        Random random = new(seed);
        double level = 100 * random.NextDouble(), size = 1 + random.NextDouble();
        return [.. Enumerable.Range(
            seed, length).Select(t => level + (size * (Pattern[t % Pattern.Length] + (0.3 * random.NextDouble()))))];
    }

    /// <summary>Mean absolute error of the last steps, forecast from those before.</summary>
    private static double Error(byte[] weights, double[][] series)
    {
        using Forecaster forecaster = Forecaster.FromStreams(new MemoryStream(Document), new MemoryStream(weights));
        return series.Average(values => Enumerable.Range(0, Horizon).Average(
            step => Math.Abs(values[^(Horizon - step)] - forecaster.Forecast(values.AsSpan(..^Horizon), Horizon).Median[step])));
    }

    private static TrainableForecaster Load(byte[] weights)
    {
        using Checkpoint checkpoint = Checkpoint.FromMemory("small", Document, new MemoryStream(weights));
        return TrainableForecaster.FromCheckpoint(checkpoint, threads: 1);
    }

    private static byte[] Weights(TrainableForecaster model)
    {
        using MemoryStream stream = new();
        model.SaveWeights(stream, halfPrecision: false);
        return stream.ToArray();
    }
}
