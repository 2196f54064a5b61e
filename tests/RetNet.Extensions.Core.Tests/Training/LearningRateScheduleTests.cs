using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Core.Training.Optimizer;

namespace RetNet.Extensions.Core.Tests.Training;

public class LearningRateScheduleTests
{
    [Theory]
    [InlineData(LearningRateDecay.Constant, new[] { 0.5, 1, 1, 1, 1, 1, 1 })]
    [InlineData(LearningRateDecay.Linear, new[] { 0.5, 1, 1, 0.8, 0.6, 0.4, 0.2 })]
    [InlineData(LearningRateDecay.Cosine, new[] { 0.5, 1, 1, 0.882842712474619, 0.6, 0.317157287525381, 0.2 })]
    public void Rates_rise_and_fall(LearningRateDecay decay, double[] expected)
    {
        LearningRateSchedule schedule = new(1, 0.2, 2, 6, decay);
        for (int step = 0; step < expected.Length; step++)
            Assert.Equal(expected[step], schedule.Rate(step), 12);
    }

    [Fact]
    public void Time_that_runs_out_before_the_steps_decides()
    {
        LearningRateSchedule schedule = new(1, 0, 0, 1000, LearningRateDecay.Linear);
        Assert.Equal(0.5, schedule.Rate(10, timeShare: 0.5), 12);
        Assert.Equal(0.1, schedule.Rate(900, timeShare: 0.5), 12);
    }

    [Theory]
    [InlineData(LearningRateDecay.Constant)]
    [InlineData(LearningRateDecay.Linear)]
    [InlineData(LearningRateDecay.Cosine)]
    public void A_warm_up_takes_a_tenth_of_the_time_at_most_and_the_rate_never_jumps(LearningRateDecay decay)
    {
        LearningRateSchedule schedule = new(1, 0, 20, 1_000_000, decay);
        double[] allWarmUp = [.. Enumerable.Range(0, 20).Select(step => schedule.Rate(step, step / 20.0))];
        Assert.Equal(allWarmUp.Max(), allWarmUp[2]);
        Assert.InRange(allWarmUp[^1], 0, decay == LearningRateDecay.Constant ? 1 : 0.06);

        // Forty of a hundred steps in the same time each would be warm-up.
        double[] rates = [.. Enumerable.Range(0, 1000).Select(step => new LearningRateSchedule(1, 0, 400, 1_000_000, decay)
            .Rate(step, step / 1000.0))];
        Assert.All(rates.Zip(rates[1..]), pair => Assert.InRange(Math.Abs(pair.Second - pair.First), 0, 0.011));
    }
}
