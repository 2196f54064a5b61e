using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Core.Tests.Training;

public sealed class ResumedTrainingTests : IDisposable
{
    private const int Steps = 7;

    private static readonly int[] Text = TinyModels.Text(300);
    private static readonly int[] Held = TinyModels.Text(60, 2);

    private readonly TemporaryFolder _folder = new();

    private TrainingOptions Options => new()
    {
        BatchSize = 3,
        ContextLength = 16,
        Steps = Steps,
        AccumulationSteps = 2,
        LearningRate = 1e-2,
        Dropout = 0.1f,
        EvaluateEvery = 3,
        KeepBest = true,
        CheckpointFile = _folder["training.checkpoint"],
        CheckpointEvery = 2,
        Resume = true,
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void A_run_interrupted_at_any_step_ends_as_the_uninterrupted_one(bool carryState, bool isKilled)
    {
        TrainingOptions options = Options with { CarryState = carryState };
        using TrainableModel expected = TinyModels.RetNet();
        TrainingResult whole = new LanguageModelTrainer(expected, options with { CheckpointFile = null, CheckpointEvery = 0, Resume = false }).Train(Text, Held);

        for (int step = 1; step < Steps; step++)
        {
            File.Delete(options.CheckpointFile!);
            Interrupt(options, step, isKilled);
            using TrainableModel model = TinyModels.RetNet(seed: 5);
            TrainingResult resumed = new LanguageModelTrainer(step == 1 && isKilled ? Reset(model) : model, options).Train(Text, Held);
            Assert.Equal(whole.History, resumed.History);
            Assert.Equal((whole.ResultStep, whole.ValidationLoss, whole.Tokens), (resumed.ResultStep, resumed.ValidationLoss, resumed.Tokens));
            Assert.Equal(TinyModels.Bits(expected.Parameters), TinyModels.Bits(model.Parameters));
        }
    }

    [Fact]
    public void A_finished_run_is_finished_again()
    {
        using TrainableModel model = TinyModels.RetNet();
        TrainingResult first = new LanguageModelTrainer(model, Options).Train(Text, Held);
        using TrainableModel other = TinyModels.RetNet(seed: 2);
        TrainingResult second = new LanguageModelTrainer(other, Options).Train(Text, Held);
        Assert.Equal(first.History, second.History);
        Assert.Equal(TinyModels.Bits(model.Parameters), TinyModels.Bits(other.Parameters));
    }

    [Fact]
    public void A_token_cancelled_inside_a_step_loses_that_step_only()
    {
        using CancellationTokenSource cancellation = new();
        using TrainableModel model = TinyModels.RetNet();
        Assert.Throws<OperationCanceledException>(() => new LanguageModelTrainer(model, Options).Train(Text, Held, new Reports(report =>
        {
            if (report.Step == 5)
                cancellation.Cancel();
        }), cancellation.Token));
        using TrainableModel other = TinyModels.RetNet();
        Reports reports = new();
        new LanguageModelTrainer(other, Options).Train(Text, Held, reports);
        Assert.Equal([6, 7], reports.All.Select(report => report.Step));
    }

    [Fact]
    public void Another_training_is_not_resumed()
    {
        Interrupt(Options, 3, isKilled: false);
        AssertRefused(Options with { LearningRate = 0.5 }, Text, Held, "'LearningRate': found '0.01'; expected '0.5'");
        AssertRefused(Options with { Seed = 2 }, Text, Held, "'Seed': found '1'; expected '2'");
        AssertRefused(Options, [.. Text, 1], Held, "'data': found another data; expected the data of the resumed training");
        AssertRefused(Options, Text, [.. Held, 1], "'validation data'");
        using TrainableModel llama = TinyModels.Llama();
        Assert.Contains("'model'", Assert.Throws<CheckpointException>(() => new LanguageModelTrainer(llama, Options).Train(Text, Held)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_checkpoint_is_refused()
    {
        Interrupt(Options, 3, isKilled: false);
        byte[] whole = File.ReadAllBytes(Options.CheckpointFile!);
        for (int length = 0; length < whole.Length; length += 1 + (length < 2000 ? 37 : 997))
        {
            File.WriteAllBytes(Options.CheckpointFile!, whole[..length]);
            using TrainableModel model = TinyModels.RetNet();
            Assert.Throws<CheckpointException>(() => new LanguageModelTrainer(model, Options).Train(Text, Held));
        }

        byte[] header = [.. whole];
        header[20] = 0x7F;
        File.WriteAllBytes(Options.CheckpointFile!, header);
        using TrainableModel other = TinyModels.RetNet();
        string message = Assert.Throws<CheckpointException>(() => new LanguageModelTrainer(other, Options).Train(Text, Held)).Message;
        Assert.StartsWith(Options.CheckpointFile, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loss_that_is_no_number_leaves_the_last_checkpoint()
    {
        using TrainableModel model = TinyModels.RetNet();
        byte[] good = [];
        TrainingException exception = Assert.Throws<TrainingException>(() => new LanguageModelTrainer(model, Options).Train(Text, Held, new Reports(report =>
        {
            if (report.Step != 5)
                return;
            good = File.ReadAllBytes(Options.CheckpointFile!);
            model.Parameters[0].Values.Fill(float.NaN);
        })));
        Assert.Equal(6, exception.Step);
        Assert.Contains(Options.CheckpointFile!, exception.Message, StringComparison.Ordinal);
        Assert.Equal(good, File.ReadAllBytes(Options.CheckpointFile!));
    }

    /// <summary>Ends a run after a step: by cancellation, or suddenly, as a process that is killed.</summary>
    private static void Interrupt(TrainingOptions options, int step, bool isKilled)
    {
        using CancellationTokenSource cancellation = new();
        using TrainableModel model = TinyModels.RetNet();
        Reports reports = new(report =>
        {
            if (report.Step < step)
                return;
            if (isKilled)
                throw new TimeoutException("killed");
            cancellation.Cancel();
        });
        Exception? exception = Record.Exception(() => new LanguageModelTrainer(model, options).Train(Text, Held, reports, cancellation.Token));
        Assert.IsAssignableFrom(isKilled ? typeof(TimeoutException) : typeof(OperationCanceledException), exception);
    }

    // A run that was killed before its first checkpoint begins anew, with the weights that it began with.
    private static TrainableModel Reset(TrainableModel model)
    {
        using TrainableModel fresh = TinyModels.RetNet();
        foreach ((Parameter from, Parameter to) in fresh.Parameters.Zip(model.Parameters))
            from.Values.CopyTo(to.Values);
        return model;
    }

    private static void AssertRefused(TrainingOptions options, int[] text, int[] held, string message)
    {
        using TrainableModel model = TinyModels.RetNet();
        Assert.Contains(message, Assert.Throws<CheckpointException>(() => new LanguageModelTrainer(model, options).Train(text, held)).Message, StringComparison.Ordinal);
    }
}
