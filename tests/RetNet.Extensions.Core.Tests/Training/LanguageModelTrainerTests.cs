using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Core.Training.Run;

namespace RetNet.Extensions.Core.Tests.Training;

public class LanguageModelTrainerTests
{
    private static readonly int[] Text = TinyModels.Text(600);

    private static readonly TrainingOptions Options = new()
    {
        BatchSize = 4,
        ContextLength = 16,
        Steps = 30,
        LearningRate = 1e-2,
        WarmupSteps = 3
    };

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void Loss_falls(bool isLlama, bool carryState)
    {
        using TrainableModel model = isLlama ? TinyModels.Llama() : TinyModels.RetNet();
        TrainingOptions options = Options with { CarryState = carryState, Steps = 120 };
        double before = new LanguageModelTrainer(model, options).Evaluate([TinyModels.Text(200, 2)]);
        Reports reports = new();

        TrainingResult result = new LanguageModelTrainer(model, options).Train(Text, TinyModels.Text(200, 2), reports);

        Assert.Equal((TrainingEnd.Completed, 120, 120), (result.End, result.Steps, result.ResultStep));
        Assert.InRange(result.ValidationLoss!.Value, 0, before - 0.8);
        Assert.Equal(result.ValidationLoss, new LanguageModelTrainer(model, options).Evaluate([TinyModels.Text(200, 2)]));
        Assert.Equal(result.History.Select(point => point.Loss), reports.All.Select(report => report.Loss));
        Assert.Equal(120, reports.All[^1].Steps);
        Assert.True(reports.All[^1].TokensPerSecond > 0 && reports.All[^1].Remaining == TimeSpan.Zero);
    }

    [Fact]
    public void A_seed_decides_everything()
    {
        int[] Train(int seed)
        {
            using TrainableModel model = TinyModels.RetNet();
            new LanguageModelTrainer(model, Options with { Steps = 5, Seed = seed, Dropout = 0.1f }).Train(Text);
            return TinyModels.Bits(model.Parameters);
        }

        Assert.Equal(Train(1), Train(1));
        Assert.NotEqual(Train(1), Train(2));
    }

    [Fact]
    public void Accumulated_batches_are_one_larger_batch()
    {
        TrainingResult Train(TrainingOptions options)
        {
            using TrainableModel model = TinyModels.RetNet();
            return new LanguageModelTrainer(model, options with { Steps = 6, LearningRate = 1e-3 }).Train(Text);
        }

        IReadOnlyList<TrainingPoint> one = Train(Options with { BatchSize = 6 }).History;
        IReadOnlyList<TrainingPoint> three = Train(Options with { BatchSize = 2, AccumulationSteps = 3 }).History;
        Assert.All(one.Zip(three), pair => Assert.Equal(pair.First.Loss, pair.Second.Loss, 4));
        Assert.All(one.Zip(three), pair => Assert.Equal(pair.First.GradientNorm, pair.Second.GradientNorm, 3));
    }

    [Fact]
    public void Large_gradients_are_clipped_and_reported_unclipped()
    {
        float[] Change(double clip)
        {
            using TrainableModel model = TinyModels.RetNet();
            float[] before = [.. model.Parameters.SelectMany(parameter => parameter.Values.ToArray())];
            TrainingOptions options = Options with
            {
                Steps = 1,
                WarmupSteps = 0,
                ClipNorm = clip,
                WeightDecay = 0,
                Epsilon = 1,
                LearningRate = 1
            };
            Assert.True(new LanguageModelTrainer(model, options).Train(Text).History[0].GradientNorm > 0.02);
            return [.. model.Parameters.SelectMany(parameter => parameter.Values.ToArray()).Zip(before, (after, first) => after - first)];
        }

        // With an ε of 1 a step is about the gradient: its norm is the one that it was clipped to.
        double norm = Math.Sqrt(Change(0.01).Sum(value => (double)value * value));
        Assert.InRange(norm, 0.008, 0.0101);
        Assert.True(Math.Sqrt(Change(0).Sum(value => (double)value * value)) > 0.02);
    }

    [Fact]
    public void Epochs_give_the_number_of_steps_and_each_is_measured()
    {
        using TrainableModel model = TinyModels.RetNet();
        TrainingResult result = new LanguageModelTrainer(model, Options with { Steps = null, Epochs = 2.5, WarmupSteps = 0 })
            .Train(Text, TinyModels.Text(50, 2));

        // 599 predicted tokens are 38 windows, 9.5 batches.
        Assert.Equal(24, result.Steps);
        Assert.Equal([10, 19, 24], result.History.Where(point => point.ValidationLoss is not null).Select(point => point.Step));
        Assert.InRange(result.Tokens, (long)(2.4 * 599), (long)(2.7 * 599));
    }

    [Fact]
    public void Documents_are_not_joined()
    {
        using TrainableModel model = TinyModels.RetNet();
        ReadOnlyMemory<int>[] documents = [new[] { 1, 2, 3 }, new[] { 4 }, Array.Empty<int>(), new[] { 5, 6 }];
        TrainingResult result = new LanguageModelTrainer(model, Options with { BatchSize = 2, Steps = 1, WarmupSteps = 0 })
            .Train(documents, []);
        Assert.Equal(3, result.Tokens);
    }

    [Theory]
    [InlineData(600, 38, 3)]
    [InlineData(16 * 300, 300, 20)]
    public void The_default_warm_up_is_twenty_steps_or_a_tenth_of_the_windows_batches(int tokens, int steps, int warmup)
    {
        using TrainableModel model = TinyModels.RetNet();
        ReadOnlyMemory<int>[] conversations = [.. TinyModels.Text(tokens).Chunk(16).Select(text => new ReadOnlyMemory<int>(text))];

        // Windows are much shorter than the context.
        IReadOnlyList<TrainingPoint> history = new LanguageModelTrainer(model, Options with
        {
            Steps = null,
            BatchSize = 1,
            ContextLength = 64,
            WarmupSteps = null,
        }).Train(conversations, []).History;

        Assert.Equal(steps, history.Count);
        Assert.Equal(warmup, history.TakeWhile(point => point.LearningRate < Options.LearningRate).Count() + 1);
    }

    [Fact]
    public void A_carried_state_leaves_out_documents_without_a_token_to_predict()
    {
        TrainingResult Train(params int[][] documents)
        {
            using TrainableModel model = TinyModels.RetNet();
            return new LanguageModelTrainer(model, Options with { CarryState = true, BatchSize = 2, Steps = 3 })
                .Train([.. documents.Select(document => new ReadOnlyMemory<int>(document))], []);
        }

        Assert.Equal(Train([1, 2, 3], [4, 5, 6]).History, Train([1, 2, 3], [7], [], [4, 5, 6]).History);
    }

    [Fact]
    public void A_validation_loss_that_is_no_number_is_named_as_such()
    {
        using TrainableModel model = TinyModels.Llama();
        Parameter embedding = model.Parameters.Single(parameter => parameter.Name == "model.embed_tokens.weight");
        embedding.Values[9 * model.Width] = float.NaN;

        TrainingException exception = Assert.Throws<TrainingException>(() => new LanguageModelTrainer(
            model, Options with { BatchSize = 1, EvaluateEvery = 2 }).Train(new[] { 1, 2, 3 }, new[] { 9, 8 }));

        Assert.Equal((2, double.NaN), (exception.Step, exception.Loss));
        Assert.StartsWith("Step 2 has a validation loss of NaN and a gradient of norm ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_time_limit_ends_training()
    {
        using TrainableModel model = TinyModels.RetNet();
        TrainingOptions options = Options with { Steps = 1_000_000_000, WarmupSteps = 0, TimeLimit = TimeSpan.FromMilliseconds(200) };
        TrainingResult result = new LanguageModelTrainer(model, options).Train(Text, TinyModels.Text(50, 2));
        Assert.Equal(TrainingEnd.TimeLimit, result.End);
        Assert.NotNull(result.ValidationLoss);
    }

    [Fact]
    public void A_time_limit_that_passes_between_two_steps_has_the_last_one_measured()
    {
        using TrainableModel model = TinyModels.RetNet();
        int[] held = TinyModels.Text(50, 2);
        TimeSpan limit = TimeSpan.FromMilliseconds(300);
        TrainingOptions options = Options with
        {
            Steps = 1_000_000_000,
            WarmupSteps = 0,
            TimeLimit = limit,
            EvaluateEvery = 1_000_000,
            KeepBest = true
        };
        LanguageModelTrainer trainer = new(model, options);
        Reports reports = new(report => Thread.Sleep(limit > report.Elapsed ? limit - report.Elapsed : TimeSpan.Zero));

        TrainingResult result = trainer.Train(Text, held, reports);

        Assert.Equal((TrainingEnd.TimeLimit, result.Steps), (result.End, result.ResultStep));
        Assert.Equal(trainer.Evaluate([held]), result.ValidationLoss);
        Assert.Contains(model.Parameters[0].Values.ToArray(), value => value != 0);
    }

    [Fact]
    public void Early_stopping_keeps_the_best_weights()
    {
        using TrainableModel model = TinyModels.RetNet();
        int[] other = [.. TinyModels.Text(200, 2).Reverse()];
        TrainingOptions options = Options with
        {
            Steps = 400,
            LearningRate = 3e-2,
            EvaluateEvery = 5,
            Patience = 3,
            KeepBest = true,
            Schedule = LearningRateDecay.Constant
        };
        LanguageModelTrainer trainer = new(model, options);

        TrainingResult result = trainer.Train(Text, other);

        Assert.Equal(TrainingEnd.EarlyStopping, result.End);
        Assert.Equal(result.ResultStep + 15, result.Steps);
        Assert.Equal(result.History.Min(point => point.ValidationLoss), result.ValidationLoss);
        Assert.Equal(result.ValidationLoss, trainer.Evaluate([other]));
    }

    [Fact]
    public void A_loss_that_is_no_number_names_the_step_and_keeps_the_weights()
    {
        using TrainableModel model = TinyModels.RetNet();
        int[] before = [];
        Reports reports = new(report =>
        {
            if (report.Step == 3)
                model.Parameters[^1].Values[0] = float.NaN;
            before = TinyModels.Bits(model.Parameters);
        });
        TrainingException exception = Assert.Throws<TrainingException>(() => new LanguageModelTrainer(model, Options).Train(Text, default,
            reports));
        Assert.Equal(4, exception.Step);
        Assert.Contains("Step 4", exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, TinyModels.Bits(model.Parameters));
    }

    [Fact]
    public void A_Transformer_carries_no_state()
    {
        using TrainableModel model = TinyModels.Llama();
        string message = Assert.Throws<ArgumentException>(() => new LanguageModelTrainer(model,
            Options with { CarryState = true }).Train(Text)).Message;
        Assert.Contains("CarryState", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Data_that_cannot_be_learned_from_are_refused()
    {
        using TrainableModel model = TinyModels.RetNet();
        LanguageModelTrainer trainer = new(model, Options);
        Assert.Contains("nothing to predict", Assert.Throws<ArgumentException>(() => trainer.Train(new[] { 1 })).Message,
            StringComparison.Ordinal);
        Assert.Contains("token 12", Assert.Throws<ArgumentException>(() => trainer.Train(new[] { 1, 12, 3 })).Message,
            StringComparison.Ordinal);
        Assert.Contains("validation data has token -1",
            Assert.Throws<ArgumentException>(() => trainer.Train(Text, new[] { 1, -1 })).Message, StringComparison.Ordinal);
        trainer = new LanguageModelTrainer(model, Options with { CarryState = true, BatchSize = 600 });
        Assert.Contains("BatchSize is 600; expected at most 599", Assert.Throws<ArgumentException>(() => trainer.Train(Text)).Message,
            StringComparison.Ordinal);
    }

    public static TheoryData<TrainingOptions, string> Refused => new()
    {
        { Options with { BatchSize = 0 }, "BatchSize is 0" },
        { Options with { ContextLength = 0 }, "ContextLength is 0" },
        { Options with { Steps = 0 }, "Steps is 0" },
        { Options with { Epochs = double.NaN }, "Epochs is NaN" },
        { Options with { AccumulationSteps = 0 }, "AccumulationSteps is 0" },
        { Options with { LearningRate = -1 }, "LearningRate is -1" },
        { Options with { MinimumLearningRate = 1 }, "MinimumLearningRate is 1; expected 0 to the LearningRate" },
        { Options with { WarmupSteps = -1 }, "WarmupSteps is -1" },
        { Options with { WarmupSteps = 31 }, "WarmupSteps is 31; expected at most the number of steps, 30" },
        { Options with { Schedule = (LearningRateDecay)9 }, "Schedule is 9" },
        { Options with { WeightDecay = double.NaN }, "WeightDecay is NaN" },
        { Options with { WeightDecay = -1 }, "WeightDecay is -1" },
        { Options with { Beta1 = 1 }, "Beta1 is 1" },
        { Options with { Beta1 = double.NaN }, "Beta1 is NaN" },
        { Options with { Beta2 = 1 }, "Beta2 is 1" },
        { Options with { Epsilon = 0 }, "Epsilon is 0" },
        { Options with { ClipNorm = -1 }, "ClipNorm is -1" },
        { Options with { Dropout = 1 }, "Dropout is 1" },
        { Options with { LabelSmoothing = 1 }, "LabelSmoothing is 1" },
        { Options with { LabelSmoothing = 0.1f }, "LabelSmoothing is 0.1; expected 0, because language models are trained without it" },
        { Options with { ChunkLength = -1 }, "ChunkLength is -1" },
        { Options with { CarryState = true, Form = RetentionForm.Parallel }, "Form is Parallel" },
        { Options with { TimeLimit = TimeSpan.Zero }, "TimeLimit is 00:00:00" },
        { Options with { KeepBest = true }, "KeepBest is True; expected False without validation data" },
        { Options with { Patience = 1 }, "Patience is 1" },
        { Options with { EvaluateEvery = 10 }, "EvaluateEvery is 10; expected 0 without validation data" },
        { Options with { Resume = true }, "CheckpointFile is not set; Resume needs it" },
        { Options with { CheckpointEvery = 1 }, "CheckpointFile is not set; CheckpointEvery needs it" },
        { Options with { CheckpointFile = "" }, "CheckpointFile is ''; expected a file in a folder that exists" },
        { Options with { CheckpointFile = Path.GetTempPath() }, "expected a file in a folder that exists" },
        { Options with { CheckpointFile = "no/such/folder" }, "CheckpointFile is 'no/such/folder'; expected a file in a folder that "
            + "exists" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Options_out_of_range_are_named(TrainingOptions options, string message)
    {
        using TrainableModel model = TinyModels.RetNet();
        Assert.Contains(message, Assert.Throws<ArgumentException>(() => new LanguageModelTrainer(model, options).Train(Text)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_evaluation_names_options_out_of_range_too()
    {
        using TrainableModel model = TinyModels.RetNet();
        LanguageModelTrainer trainer = new(model, new TrainingOptions { ContextLength = 0 });
        Assert.Contains("ContextLength is 0", Assert.Throws<ArgumentException>(() => trainer.Evaluate([Text])).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(7, 25, 25, 1, 7)]
    [InlineData(70, 7, 0.1, 1, 1)]
    [InlineData(49, 10, 1, 1, 5)]
    [InlineData(49, 7, 3, 7, 3)]
    public void Whole_passes_take_no_step_more_than_their_windows_fill(int windows, int batch, double epochs, int accumulated, long steps)
    {
        using TrainableModel model = TinyModels.RetNet();
        TrainingOptions options = new() { ContextLength = 2, BatchSize = batch, Epochs = epochs, AccumulationSteps = accumulated };

        Assert.Equal(steps, new LanguageModelTrainer(model, options).Train(TinyModels.Text((2 * windows) + 1)).Steps);
    }
}
