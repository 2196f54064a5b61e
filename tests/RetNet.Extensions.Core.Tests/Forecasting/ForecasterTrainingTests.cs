using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.Core.Forecasting.Series;
using RetNet.Extensions.Core.Forecasting.Training;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Core.Tests.Forecasting;

public class ForecasterTrainingTests
{
    [Theory]
    [InlineData("retnet")]
    [InlineData("llama")]
    public void The_gradient_of_every_tensor_is_the_derivative_of_the_loss(string family)
    {
        using TrainableForecaster model = SmallForecasters.CreateTrained(family);
        using WorkerPool pool = new(1);
        TokenBatch batch = Batch(model.Configuration.Shape, pool);
        model.ClearGradients();
        model.Step(batch, 1, default);

        Random random = new(8);
        foreach (Parameter parameter in model.Parameters)
        {
            float[] values = parameter.Values.ToArray();
            float[] direction = [.. values.Select(_ => (2 * random.NextSingle()) - 1)];
            double expected = 0;
            for (int i = 0; i < direction.Length; i++)
                expected += (double)direction[i] * parameter.Gradient[i];

            // The loss has a kink at every target: a small step crosses few of them.
            double step = 1e-3 * Math.Sqrt(values.Sum(value => (double)value * value) / direction.Sum(value => (double)value * value));
            double derivative = (At(step) - At(-step)) / (2 * step);
            double tolerance = (0.03 * Math.Abs(expected)) + (2e-5 / Math.Sqrt(step)) + 1e-4;
            Assert.True(Math.Abs(derivative - expected) < tolerance, $"{parameter.Name}: {derivative}, expected {expected}");
            values.CopyTo(parameter.Values);

            double At(double place)
            {
                for (int i = 0; i < values.Length; i++)
                    parameter.Values[i] = (float)(values[i] + (place * direction[i]));
                return model.Loss(batch, default);
            }
        }
    }

    [Fact]
    public void The_quantile_loss_is_that_of_its_definition()
    {
        float[] predicted = [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        double loss = QuantileLoss.Row(predicted, [5.5f, float.NaN], 2);

        double expected = 0;
        for (int i = 1; i <= 9; i++)
            expected += i <= 5 ? (5.5 - i) * i / 10.0 : (i - 5.5) * (1 - (i / 10.0));
        Assert.Equal(2 * expected / 9, loss, 1e-6);
        Assert.Equal(-0.1f * 2 / 9, predicted[0], 1e-6f);
        Assert.Equal(0.1f * 2 / 9, predicted[8], 1e-6f);
        Assert.All(predicted[9..], value => Assert.Equal(0, value));
    }

    [Fact]
    public void Training_lowers_the_loss_on_series_that_were_not_trained_on()
    {
        TrainableForecaster model = TrainableForecaster.Create(
            ForecasterConfiguration.Create("retnet", width: 32, layers: 2, heads: 2) with { EmbeddingWidth = 24 }, seed: 1);
        using (model)
        {
            TrainingOptions options = new() { Steps = 60, BatchSize = 16, LearningRate = 5e-3, EvaluateEvery = 30, WarmupSteps = 5 };
            TrainingResult result = new ForecasterTrainer(model, options).Train();

            double[] losses = [.. result.History.Select(point => point.ValidationLoss).OfType<double>()];
            Assert.Equal(2, losses.Length);
            Assert.True(losses[1] < losses[0]);
        }
    }

    [Fact]
    public void A_curriculum_begins_with_short_series_and_ends_with_the_usual_ones()
    {
        PatchShape shape = ForecasterConfiguration.Create("retnet", width: 32, layers: 2, heads: 2).Shape;
        SyntheticSource usual = new(seed: 1, shape), grown = new(seed: 1, shape, curriculum: 400);

        Assert.All(Enumerable.Range(0, 20), i => Assert.InRange(grown.Get(i).Known, 6, 60));
        Assert.All(Enumerable.Range(0, 400), i => Assert.InRange(grown.Get(i).Known, 6, usual.Get(i).Known));
        Assert.All(Enumerable.Range(400, 20), i => Assert.Equal(usual.Get(i).Values, grown.Get(i).Values));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(12)]
    public void An_interrupted_training_that_is_resumed_gives_the_same_bits(long curriculum)
    {
        using TemporaryFolder folder = new();
        string file = Path.Combine(folder.Root, "training");
        float[] whole = Train(20, null);
        using (CancellationTokenSource stop = new())
        {
            using TrainableForecaster interrupted = Create();
            ForecasterTrainer trainer = new(interrupted, Options(20, file)) { CurriculumSteps = curriculum };
            Assert.Throws<OperationCanceledException>(() => trainer.Train(new StopAt(9, stop), stop.Token));
        }

        Assert.Equal(whole, Train(20, file));

        static TrainableForecaster Create() => TrainableForecaster.Create(
            ForecasterConfiguration.Create("retnet", width: 16, layers: 1, heads: 2) with { EmbeddingWidth = 8 }, seed: 1, threads: 2);

        static TrainingOptions Options(long steps, string? file) =>
            new() { Steps = steps, BatchSize = 4, CheckpointFile = file, Resume = file is not null };

        float[] Train(long steps, string? file)
        {
            using TrainableForecaster model = Create();
            new ForecasterTrainer(model, Options(steps, file)) { CurriculumSteps = curriculum }.Train();
            return [.. model.Parameters.SelectMany(parameter => parameter.Values.ToArray())];
        }
    }

    [Fact]
    public void Accumulated_batches_are_the_mean_of_their_gradients_and_take_as_many_steps()
    {
        using TrainableForecaster model = SmallForecasters.CreateTrained(steps: 1);
        TrainingOptions options = new() { BatchSize = 3, AccumulationSteps = 2 };
        SyntheticSource source = new(seed: 1, model.Configuration.Shape);
        using ForecasterTask single = new(model, options with { AccumulationSteps = 1 }, source, source);
        using ForecasterTask accumulated = new(model, options, source, source);
        float[] first = Gradients(single, 2), second = Gradients(single, 3);

        float[] both = Gradients(accumulated, 1);

        for (int i = 0; i < both.Length; i++)
            Assert.Equal((first[i] + second[i]) / 2, both[i], 1e-5f);
        List<SeriesInput> series = [.. Enumerable.Range(0, 12).Select(i => new SeriesInput(SmallForecasters.Series(60, seed: i)))];
        Assert.Equal(4, new ForecasterTrainer(model, options with { Epochs = 2 }).FineTune(series, horizon: 8).Steps);

        float[] Gradients(ForecasterTask task, long step)
        {
            task.ClearGradients();
            task.AddGradients(step, CancellationToken.None);
            return [.. task.Parameters.SelectMany(parameter => parameter.Gradient.ToArray())];
        }
    }

    [Fact]
    public void The_validation_loss_is_the_mean_of_series_whatever_the_last_batch_has()
    {
        using TrainableForecaster model = SmallForecasters.CreateTrained(steps: 1);
        SyntheticSource source = new(seed: 1, model.Configuration.Shape);
        double[] losses = [Loss(0, 2, 2), Loss(2, 1, 2)];

        Assert.Equal(((2 * losses[0]) + losses[1]) / 3, Loss(0, 3, 2), 1e-6);

        double Loss(int first, int count, int batch)
        {
            using ForecasterTask task = new(model, new TrainingOptions { BatchSize = batch }, source, new Part(source, first, count));
            return task.Validate(CancellationToken.None);
        }
    }

    public static TheoryData<TrainingOptions, string> Unused => new()
    {
        { new() { Dropout = 0.1f }, "Dropout is 0.1; expected 0, because forecasters are trained without it." },
        { new() { LabelSmoothing = 0.2f }, "LabelSmoothing is 0.2; expected 0" },
        { new() { Precision = TrainingPrecision.BFloat16 }, "Precision is BFloat16; expected Float32" },
        { new() { Form = RetentionForm.Parallel }, "Form is Parallel; expected Recurrent" },
        { new() { ChunkLength = 8 }, "ChunkLength is 8; expected 0" },
        { new() { CarryState = true }, "CarryState is True; expected False" },
        { new() { Answers = new AnswerTokens([1], 2) }, "expected none" },
    };

    [Theory]
    [MemberData(nameof(Unused))]
    public void Options_without_effect_are_refused(TrainingOptions options, string message)
    {
        using TrainableForecaster model = SmallForecasters.CreateTrained(steps: 1);
        ForecasterTrainer trainer = new(model, options with { Steps = 1 });

        Assert.Contains(message, Assert.Throws<ArgumentException>(() => trainer.Train()).Message, StringComparison.Ordinal);
        Assert.Contains(message, Assert.Throws<ArgumentException>(
            () => trainer.FineTune([new SeriesInput(SmallForecasters.Series(60))], horizon: 8)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_saved_forecaster_is_trained_further_and_forecasts_the_same()
    {
        using TemporaryFolder folder = new();
        using TrainableForecaster model = SmallForecasters.CreateTrained();
        model.Save(folder.Root, halfPrecision: false);
        string again = Path.Combine(folder.Root, "again");
        using (TrainableForecaster loaded = TrainableForecaster.Load(folder.Root))
        {
            Assert.Equal(model.ParameterCount, loaded.ParameterCount);
            loaded.Save(again, halfPrecision: false);
        }

        double[] series = SmallForecasters.Series(60);
        using Forecaster first = Forecaster.Load(folder.Root), second = Forecaster.Load(again);
        Assert.Equal(first.Forecast(series, 20).Values, second.Forecast(series, 20).Values);
        Assert.Equal(first.Fingerprint, second.Fingerprint);
        Assert.Equal(model.ParameterCount, first.Parameters);
    }

    [Fact]
    public void Other_models_and_damaged_ones_are_refused_by_name()
    {
        using TemporaryFolder folder = new();
        using TrainableForecaster model = SmallForecasters.CreateTrained(steps: 1);
        model.Save(folder.Root);
        string config = Path.Combine(folder.Root, "config.json");
        string text = File.ReadAllText(config);

        foreach ((string from, string to, string part) in ((string, string, string)[])[
            ("\"patch_length\": 8", "\"patch_length\": 0", "patch_length"),
            ("\"patch_length\": 8", "\"patch_length\": 30", "patch_length"),
            ("\"window\": 32", "\"window\": 2000", "window"),
            ("\"horizon\": 24", "\"horizon\": 25", "forecasting.gate.weight"),
            ("0.9", "0.95", "quantile_levels"),
            ("\"forecasting\"", "\"casting\"", "forecasting")])
        {
            File.WriteAllText(config, text.Replace(from, to, StringComparison.Ordinal));
            CheckpointException exception = Assert.Throws<CheckpointException>(() => Forecaster.Load(folder.Root));
            Assert.Contains(part, exception.Message, StringComparison.Ordinal);
            Assert.Throws<CheckpointException>(() => TrainableForecaster.Load(folder.Root));
        }
    }

    [Fact]
    public void Training_without_an_end_is_refused()
    {
        using TrainableForecaster model = SmallForecasters.CreateTrained(steps: 1);

        Assert.Contains("Steps", Assert.Throws<ArgumentException>(() => new ForecasterTrainer(model).Train()).Message,
            StringComparison.Ordinal);
    }

    private static TokenBatch Batch(PatchShape shape, WorkerPool pool)
    {
        SyntheticSource source = new(11, shape);
        return new TokenBatch(shape, 6, i => source.Get(i), pool);
    }

    /// <summary>Some series of a source.</summary>
    private sealed class Part(ISeriesSource source, long first, int count) : ISeriesSource
    {
        public double Count => count;

        public string Fingerprint => "";

        public TrainingSeries Get(long index) => source.Get(first + index);
    }

    private sealed class StopAt(long step, CancellationTokenSource source) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Step == step)
                source.Cancel();
        }
    }
}
