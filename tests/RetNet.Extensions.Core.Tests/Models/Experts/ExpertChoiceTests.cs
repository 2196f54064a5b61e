using RetNet.Extensions.Core.Models.Experts;

namespace RetNet.Extensions.Core.Tests.Models.Experts;

/// <summary>The experts that a router's scores choose, and their weights.</summary>
public sealed unsafe class ExpertChoiceTests
{
    [Fact]
    public void The_highest_scores_are_chosen_in_descending_order()
    {
        (int[] chosen, float[] weights) = Choose([1, 4, 2, 4, 3], perToken: 3, normalizes: true);

        // Of equal scores the first expert's comes first.
        Assert.Equal([1, 3, 4], chosen);
        double sum = 2 + Math.Exp(-1);
        Assert.Equal([1 / sum, 1 / sum, Math.Exp(-1) / sum], weights.Select(weight => (double)weight), Close);
    }

    [Fact]
    public void Weights_that_are_not_normalised_are_the_softmax_over_all_scores()
    {
        (int[] chosen, float[] weights) = Choose([0, 1, 3, 2], perToken: 2, normalizes: false);

        Assert.Equal([2, 3], chosen);
        double sum = Math.Exp(-3) + Math.Exp(-2) + 1 + Math.Exp(-1);
        Assert.Equal([1 / sum, Math.Exp(-1) / sum], weights.Select(weight => (double)weight), Close);
    }

    [Fact]
    public void All_experts_can_be_chosen()
    {
        (int[] chosen, float[] weights) = Choose([-2, 5, 0], perToken: 3, normalizes: true);

        Assert.Equal([1, 2, 0], chosen);
        Assert.Equal(1, weights.Sum(), 1e-6);
    }

    [Fact]
    public void A_bias_takes_part_in_the_choice_and_not_in_the_weights()
    {
        ExpertOptions options = Options(4, perToken: 2) with { SigmoidScores = true, HasSelectionBias = true, WeightScale = 2.5f };
        (int[] chosen, float[] weights) = Choose(options, [2, 1, 0, -1], bias: [0, -1, 0, 0.6f]);

        Assert.Equal([0, 3], chosen);
        double first = Sigmoid(2), second = Sigmoid(-1);
        Assert.Equal([2.5 * first / (first + second), 2.5 * second / (first + second)], weights.Select(weight => (double)weight), Close);
        Assert.Equal([first, second],
            Choose(options with { NormalizesWeights = false, WeightScale = 1 }, [2, 1, 0, -1], [0, -1, 0, 0.6f]).Weights
                .Select(weight => (double)weight), Close);
    }

    [Fact]
    public void Scores_of_a_softmax_may_have_a_bias()
    {
        ExpertOptions options = Options(3, perToken: 1) with { HasSelectionBias = true, NormalizesWeights = false };
        (int[] chosen, float[] weights) = Choose(options, [0, 0, 1], bias: [0, 0.5f, 0]);

        Assert.Equal([1], chosen);
        Assert.Equal(1 / (2 + Math.E), weights[0], 1e-6);
    }

    [Fact]
    public void Experts_are_chosen_within_the_groups_whose_two_highest_scores_have_the_largest_sum()
    {
        ExpertOptions options = Options(9, perToken: 3) with
        {
            SigmoidScores = true,
            HasSelectionBias = true,
            Groups = 3,
            GroupsPerToken = 2,
        };
        float[] scores = [9, -3, -3, 1, 2, -3, 0, 3, -9], bias = new float[9];

        // The highest score of all is in a group whose second is low.
        Assert.Equal([7, 4, 3], Choose(options, [.. scores], bias).Chosen);
        bias[1] = 1;
        Assert.Equal([1, 0, 4], Choose(options, [.. scores], bias).Chosen);
    }

    [Fact]
    public void Weights_of_scores_that_are_all_rounded_to_zero_are_zero()
    {
        ExpertOptions options = Options(3, perToken: 2) with { SigmoidScores = true, HasSelectionBias = true };

        Assert.Equal([0f, 0f], Choose(options, [-200, -200, -200], [0, 0, 0]).Weights);
    }

    [Fact]
    public void Scores_that_are_no_numbers_still_choose_different_experts()
    {
        (int[] chosen, _) = Choose([float.NaN, float.NaN, 1, float.NaN], perToken: 2, normalizes: true);

        Assert.Equal(2, chosen.Distinct().Count());
        Assert.All(chosen, expert => Assert.InRange(expert, 0, 3));
    }

    private static bool Close(double expected, double actual) => Math.Abs(expected - actual) < 1e-6;

    private static double Sigmoid(double z) => 1 / (1 + Math.Exp(-z));

    private static ExpertOptions Options(int count, int perToken) => new() { Count = count, PerToken = perToken, Width = 8 };

    private static (int[] Chosen, float[] Weights) Choose(float[] scores, int perToken, bool normalizes) =>
        Choose(Options(scores.Length, perToken) with { NormalizesWeights = normalizes }, scores, bias: null);

    private static (int[] Chosen, float[] Weights) Choose(ExpertOptions options, float[] scores, float[]? bias)
    {
        int[] chosen = new int[options.PerToken];
        float[] weights = new float[options.PerToken];
        fixed (float* s = scores, b = bias, w = weights)
        fixed (int* c = chosen)
            new ExpertChoiceJob(options, s, b, c, w).Run(0, 1);
        return (chosen, weights);
    }
}
