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
    public void Scores_that_are_no_numbers_still_choose_different_experts()
    {
        (int[] chosen, _) = Choose([float.NaN, float.NaN, 1, float.NaN], perToken: 2, normalizes: true);

        Assert.Equal(2, chosen.Distinct().Count());
        Assert.All(chosen, expert => Assert.InRange(expert, 0, 3));
    }

    private static bool Close(double expected, double actual) => Math.Abs(expected - actual) < 1e-6;

    private static (int[] Chosen, float[] Weights) Choose(float[] scores, int perToken, bool normalizes)
    {
        ExpertOptions options = new() { Count = scores.Length, PerToken = perToken, Width = 8, NormalizesWeights = normalizes };
        int[] chosen = new int[perToken];
        float[] weights = new float[perToken];
        fixed (float* s = scores, w = weights)
        fixed (int* c = chosen)
            new ExpertChoiceJob(options, s, c, w).Run(0, 1);
        return (chosen, weights);
    }
}
