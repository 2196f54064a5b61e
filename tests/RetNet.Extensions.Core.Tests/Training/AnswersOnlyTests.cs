using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Core.Training.Run;

namespace RetNet.Extensions.Core.Tests.Training;

/// <summary>An answer follows the tokens 8 and 9 and ends with 10.</summary>
public class AnswersOnlyTests
{
    private static readonly AnswerTokens Answers = new([8, 9], 10);

    private static readonly TrainingOptions Options = new()
    {
        BatchSize = 2,
        ContextLength = 16,
        Steps = 3,
        LearningRate = 1e-2,
        Answers = Answers
    };

    // Two conversations of different length, the first with two answers; and what each token has to predict.
    private static readonly int[][] Conversations = [[1, 8, 9, 2, 3, 10, 4, 8, 9, 10, 5], [8, 1, 9, 2, 8, 9, 6]];
    private static readonly int[][] Targets = [[-1, -1, 2, 3, 10, -1, -1, -1, 10, -1], [-1, -1, -1, -1, -1, 6]];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Targets_are_the_tokens_of_answers_and_what_ends_them(int conversation)
    {
        int[] text = Conversations[conversation];
        int[] targets = text[1..];

        Answers.KeepAnswers(text, targets);

        Assert.Equal(Targets[conversation], targets);
    }

    [Fact]
    public void The_loss_is_that_of_the_answers()
    {
        using TrainableModel model = TinyModels.Llama();
        double expected = Loss(model);

        Assert.Equal(expected, new LanguageModelTrainer(model, Options).Evaluate(Documents), 1e-6);
        Assert.Equal(expected, new LanguageModelTrainer(model, Options).Train(Documents, []).History[0].Loss, 1e-6);
        Assert.True(Loss(model) < expected);
    }

    [Fact]
    public void Accumulated_batches_weigh_each_token_of_an_answer_the_same()
    {
        using TrainableModel one = TinyModels.Llama();
        using TrainableModel two = TinyModels.Llama();
        new LanguageModelTrainer(one, Options with { Steps = 1 }).Train(Documents, []);
        new LanguageModelTrainer(two, Options with { Steps = 1, BatchSize = 1, AccumulationSteps = 2 }).Train(Documents, []);

        Assert.Equal(Loss(one), Loss(two), 1e-4);
    }

    [Fact]
    public void A_state_cannot_be_carried_past_the_words_that_are_not_learned()
    {
        using TrainableModel model = TinyModels.RetNet();

        ArgumentException exception = Assert.Throws<ArgumentException>(
            () => new LanguageModelTrainer(model, Options with { CarryState = true }).Train(Documents, []));

        Assert.StartsWith("CarryState is True; expected False where Answers", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("training")]
    [InlineData("validation")]
    public void Data_without_an_answer_are_refused(string use)
    {
        using TrainableModel model = TinyModels.Llama();
        ReadOnlyMemory<int>[] none = [new int[] { 1, 2, 3, 4, 5 }];
        LanguageModelTrainer trainer = new(model, Options);

        ArgumentException exception = Assert.Throws<ArgumentException>(
            () => use == "training" ? trainer.Train(none, Documents) : trainer.Train(Documents, none));

        Assert.Equal($"Answers: the {use} data has no answer in a window of 16 tokens (ContextLength); expected one behind the tokens 8 9.",
            exception.Message);
        Assert.Throws<ArgumentException>(() => trainer.Evaluate(none));
    }

    [Fact]
    public void A_context_that_does_not_hold_what_an_answer_follows_is_refused()
    {
        using TrainableModel model = TinyModels.Llama();

        ArgumentException exception = Assert.Throws<ArgumentException>(
            () => new LanguageModelTrainer(model, Options with { ContextLength = 1 }).Train(Documents, []));

        Assert.Contains("window of 1 tokens", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_step_without_an_answer_changes_no_weight_and_has_no_loss()
    {
        // The second window of each conversation has no answer, and a batch is one window.
        ReadOnlyMemory<int>[] conversations = [new int[] { 8, 9, 2, 10, 1, 1, 1, 1, 1 }, new int[] { 8, 9, 3, 10, 1, 1, 1, 1, 1 }];
        TrainingOptions options = Options with { ContextLength = 4, BatchSize = 1, Steps = 8 };
        using TrainableModel model = TinyModels.Llama();
        List<int[]> weights = [TinyModels.Bits(model.Parameters)];

        TrainingResult result = new LanguageModelTrainer(model, options).Train(
            conversations, conversations, new Reports(_ => weights.Add(TinyModels.Bits(model.Parameters))));

        Assert.Contains(result.History, point => double.IsNaN(point.Loss));
        Assert.Contains(result.History, point => point.Loss > 0);
        Assert.All(result.History, point => Assert.Equal(
            double.IsNaN(point.Loss), weights[(int)point.Step].SequenceEqual(weights[(int)point.Step - 1])));
    }

    private static ReadOnlyMemory<int>[] Documents => [.. Conversations.Select(tokens => new ReadOnlyMemory<int>(tokens))];

    /// <summary>The mean over the targets of both conversations.</summary>
    private static double Loss(TrainableModel model) => model.Loss(
        new TrainingBatch([.. Conversations[0][..^1], .. Conversations[1][..^1]], [Targets[0].Length, Targets[1].Length]),
        [.. Targets[0], .. Targets[1]]);

    [Fact]
    public void An_answer_follows_at_least_one_token() => Assert.Throws<ArgumentException>(() => new AnswerTokens([], 1));
}
