using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Core.Training.Run;

namespace RetNet.Extensions.Core.Tests.Training;

public class SequenceTrainerTests
{
    private static readonly TrainingOptions Options = new() { BatchSize = 8, ContextLength = 20, Epochs = 8, LearningRate = 1e-2 };

    [Theory]
    [InlineData(SequenceLoss.CrossEntropy, 3)]
    [InlineData(SequenceLoss.Logistic, 1)]
    [InlineData(SequenceLoss.SquaredError, 1)]
    public void Loss_falls_for_each_kind_of_label(SequenceLoss loss, int outputs)
    {
        using TrainableModel model = TinyModels.RetNet();
        using SequenceHead head = new(model.Width, outputs, seed: 1);
        int classes = loss == SequenceLoss.Logistic ? 2 : 3;

        TrainingResult result = new SequenceTrainer(model, head, loss, Options)
            .Train(Sequences(120, classes, 1), Sequences(40, classes, 2), []);

        Assert.InRange(result.ValidationLoss!.Value, 0, result.History[0].Loss / 3);
        Assert.Equal(8 * 15, result.Steps);
    }

    [Fact]
    public void A_resumed_run_ends_as_the_uninterrupted_one()
    {
        using TemporaryFolder folder = new();
        TrainingOptions options = Options with
        {
            Epochs = 1,
            CheckpointFile = folder["a"],
            CheckpointEvery = 1,
            Resume = true,
            KeepBest = true,
            EvaluateEvery = 4,
            AccumulationSteps = 2
        };
        (TrainingResult whole, int[] expected) = Train(options with { CheckpointFile = null, CheckpointEvery = 0, Resume = false });
        for (int step = 1; step < whole.Steps; step++)
        {
            File.Delete(folder["a"]);
            Assert.Throws<TimeoutException>(() => Train(
                options, new Reports(report => _ = report.Step < step ? 0 : throw new TimeoutException())));
            (TrainingResult resumed, int[] bits) = Train(options);
            Assert.Equal(whole.History, resumed.History);
            Assert.Equal(expected, bits);
        }
    }

    [Fact]
    public void Class_weights_move_the_decision()
    {
        float[] Scores(float[] weights)
        {
            using TrainableModel model = TinyModels.RetNet();
            using SequenceHead head = new(model.Width, 2, seed: 1);
            LabelledSequence[] noise = [.. Enumerable.Range(0, 80).Select(i => new LabelledSequence(new[] { 1, 2, 3 }, i % 2))];
            new SequenceTrainer(model, head, SequenceLoss.CrossEntropy, Options with { Epochs = 4 }).Train(noise, [], weights);
            float[] scores = new float[2];
            head.Score(model.Forward(new TrainingBatch([1, 2, 3], [3]) { Means = true }), scores);
            return scores;
        }

        float[] weighted = Scores([1, 9]), even = Scores([]);
        Assert.InRange(weighted[1] - weighted[0], 1, 4);
        Assert.InRange(even[1] - even[0], -0.7, 0.7);
    }

    [Fact]
    public void A_weight_does_what_repeated_sequences_do_in_training_and_validation()
    {
        LabelledSequence first = new(new[] { 1, 2 }, 0), second = new(new[] { 3, 4 }, 1);

        TrainingPoint weighted = Train([first, second with { Weight = 3 }]), repeated = Train([first, second, second, second]);

        Assert.Equal(repeated.Loss, weighted.Loss, 1e-6);
        Assert.Equal(repeated.GradientNorm, weighted.GradientNorm, 1e-5);
        Assert.Equal(repeated.ValidationLoss!.Value, weighted.ValidationLoss!.Value, 1e-4);
        Assert.NotEqual(Train([first, second]).Loss, weighted.Loss, 1e-3);

        static TrainingPoint Train(LabelledSequence[] sequences)
        {
            using TrainableModel model = TinyModels.RetNet();
            using SequenceHead head = new(model.Width, 2, seed: 1);
            return new SequenceTrainer(model, head, SequenceLoss.CrossEntropy, Options with { Epochs = 1 })
                .Train(sequences, sequences, []).History[0];
        }
    }

    [Fact]
    public void A_weight_counts_beside_those_of_other_batches()
    {
        LabelledSequence first = new(new[] { 1, 2 }, 0), second = new(new[] { 3, 4 }, 1);

        double ratio = Norm([first with { Weight = 3e38f }, second with { Weight = 1e38f }]) / Norm([first, second]);

        // Of the weights 3 and 1, whose mean is 2, the one of the first step.
        Assert.InRange(Math.Abs(ratio - 1), 0.5 - 1e-4, 0.5 + 1e-4);

        static double Norm(LabelledSequence[] sequences)
        {
            using TrainableModel model = TinyModels.RetNet();
            using SequenceHead head = new(model.Width, 2, seed: 1);
            return new SequenceTrainer(model, head, SequenceLoss.CrossEntropy, Options with { BatchSize = 1, Epochs = 1 })
                .Train(sequences, [], []).History[0].GradientNorm;
        }
    }

    [Fact]
    public void A_sequence_that_no_constructor_made_has_the_weight_1()
    {
        Assert.Equal(1, default(LabelledSequence).Weight);
        Assert.Equal(new LabelledSequence(default, 2), new LabelledSequence { Target = 2 });
    }

    [Fact]
    public void Long_sequences_are_cut()
    {
        using TrainableModel model = TinyModels.RetNet();
        using SequenceHead head = new(model.Width, 2, seed: 1);
        LabelledSequence[] sequences = [new(TinyModels.Text(500), 0), new(TinyModels.Text(7), 1)];
        TrainingResult result = new SequenceTrainer(model, head, SequenceLoss.CrossEntropy, Options with { Steps = 1 })
            .Train(sequences, [], []);
        Assert.Equal(27, result.Tokens);
    }

    [Fact]
    public void Labels_that_do_not_fit_are_refused()
    {
        AssertRefused(SequenceLoss.CrossEntropy, 2, "target 2; expected a class from 0 to 1", [], new LabelledSequence(new[] { 1 }, 2));
        AssertRefused(SequenceLoss.Logistic, 1, "target 0.5; expected a class from 0 to 1", [], new LabelledSequence(new[] { 1 }, 0.5f));
        AssertRefused(SequenceLoss.SquaredError, 1, "target NaN; expected a finite number", [],
            new LabelledSequence(new[] { 1 }, float.NaN));
        AssertRefused(SequenceLoss.CrossEntropy, 2, "a sequence without a token", [], new LabelledSequence(Array.Empty<int>(), 0));
        AssertRefused(SequenceLoss.CrossEntropy, 2, "token 12", [], new LabelledSequence(new[] { 12 }, 0));
        AssertRefused(SequenceLoss.CrossEntropy, 2, "no sequence", []);
        AssertRefused(SequenceLoss.CrossEntropy, 2, "3 class weights; expected 2", [1, 1, 1], new LabelledSequence(new[] { 1 }, 0));
        AssertRefused(SequenceLoss.SquaredError, 1, "values have no classes", [1], new LabelledSequence(new[] { 1 }, 0));
        AssertRefused(SequenceLoss.Logistic, 1, "negative or not a number", [1, -1], new LabelledSequence(new[] { 1 }, 0));
        foreach (float weight in (float[])[0, -1, float.NaN, float.PositiveInfinity])
        {
            AssertRefused(SequenceLoss.SquaredError, 1, "expected a finite number above 0", [],
                new LabelledSequence(new[] { 1 }, 0) { Weight = weight });
        }
    }

    [Fact]
    public void Data_whose_classes_do_not_count_are_refused_and_steps_of_them_change_nothing()
    {
        using TrainableModel model = TinyModels.RetNet();
        using SequenceHead head = new(model.Width, 2, seed: 1);
        LabelledSequence first = new(new[] { 1, 2 }, 0), second = new(new[] { 3, 4 }, 1);
        SequenceTrainer trainer = new(model, head, SequenceLoss.CrossEntropy, Options with { BatchSize = 1, Epochs = 1 });

        Assert.Equal("The training data has only classes of weight 0; expected one that counts.",
            Assert.Throws<ArgumentException>(() => trainer.Train([first], [], [0, 1])).Message);
        Assert.Equal("The validation data has only classes of weight 0; expected one that counts.",
            Assert.Throws<ArgumentException>(() => trainer.Train([first, second], [first], [0, 1])).Message);

        TrainingResult result = trainer.Train([first, second], [second], [0, 1]);
        Assert.Equal(1, result.History.Count(point => double.IsNaN(point.Loss)));
    }

    private static void AssertRefused(SequenceLoss loss, int outputs, string message, float[] weights, params LabelledSequence[] sequences)
    {
        using TrainableModel model = TinyModels.RetNet();
        using SequenceHead head = new(model.Width, outputs, seed: 1);
        SequenceTrainer trainer = new(model, head, loss, Options);
        Assert.Contains(message, Assert.Throws<ArgumentException>(() => trainer.Train(sequences, [], weights)).Message,
            StringComparison.Ordinal);
    }

    private static (TrainingResult Result, int[] Bits) Train(TrainingOptions options, Reports? reports = null)
    {
        using TrainableModel model = TinyModels.RetNet();
        using SequenceHead head = new(model.Width, 3, seed: 1);
        TrainingResult result = new SequenceTrainer(model, head, SequenceLoss.CrossEntropy, options)
            .Train(Sequences(60, 3, 1), Sequences(20, 3, 2), [1, 2, 3], reports);
        return (result, TinyModels.Bits([.. model.Parameters, .. head.Parameters]));
    }

    /// <summary>The class decides which token is frequent.</summary>
    private static LabelledSequence[] Sequences(int count, int classes, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(i => new LabelledSequence(
            Enumerable.Range(0, random.Next(3, 15)).Select(_ => random.Next(2) == 0 ? i % classes : random.Next(3, TinyModels.Vocabulary))
                .ToArray(), i % classes))];
    }
}
