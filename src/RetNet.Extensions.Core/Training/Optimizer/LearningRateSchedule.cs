namespace RetNet.Extensions.Core.Training.Optimizer;

/// <summary>The learning rate of each step: a linear warm-up, whose last step has the peak, then a decay from the peak to the
/// minimum.</summary>
/// <param name="Peak">The highest learning rate.</param>
/// <param name="Minimum">The rate at the end; a constant schedule never reaches it.</param>
/// <param name="WarmupSteps">Steps of the warm-up.</param>
/// <param name="Steps">All steps, the warm-up included.</param>
/// <param name="Decay">The way from the peak to the minimum.</param>
internal sealed record LearningRateSchedule(double Peak, double Minimum, long WarmupSteps, long Steps, LearningRateDecay Decay)
{
    // A warm-up of a number of steps ends after this part of a time limit, however few steps it has allowed.
    private const double LongestWarmup = 0.1;

    /// <summary>The learning rate of a step.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="timeShare">The part of a time limit that is spent, 0 to 1: training that time will end early warms up and decays with
    /// the time.</param>
    /// <returns>The rate.</returns>
    public double Rate(long step, double timeShare = 0)
    {
        double stepShare = Math.Clamp((double)(step - WarmupSteps) / Math.Max(1, Steps - WarmupSteps), 0, 1);
        double decayed = Decayed(Math.Max(stepShare, timeShare));
        if (step >= WarmupSteps)
            return decayed;
        double risen = Peak * (step + 1) / WarmupSteps;
        return timeShare == 0 ? risen : Math.Min(Math.Max(risen, Peak * (timeShare / LongestWarmup)), decayed);
    }

    private double Decayed(double done) => Decay switch
    {
        LearningRateDecay.Linear => Peak + ((Minimum - Peak) * done),
        LearningRateDecay.Cosine => Minimum + ((Peak - Minimum) * (1 + Math.Cos(Math.PI * done)) / 2),
        _ => Peak,
    };
}
