namespace RetNet.Extensions.Core.Training.Optimizer;

/// <summary>The learning rate of each step: a linear warm-up from zero to the peak, then a decay to the minimum.</summary>
/// <param name="Peak">The highest learning rate.</param>
/// <param name="Minimum">The rate at the end; a constant schedule never reaches it.</param>
/// <param name="WarmupSteps">Steps of the warm-up.</param>
/// <param name="Steps">All steps, the warm-up included.</param>
/// <param name="Decay">The way from the peak to the minimum.</param>
internal sealed record LearningRateSchedule(double Peak, double Minimum, long WarmupSteps, long Steps, LearningRateDecay Decay)
{
    /// <summary>The learning rate of a step.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="timeShare">The part of a time limit that is spent, 0 to 1: training that time will end early decays with the
    /// time.</param>
    /// <returns>The rate.</returns>
    public double Rate(long step, double timeShare = 0)
    {
        if (step < WarmupSteps)
            return Peak * (step + 1) / WarmupSteps;
        double stepShare = Math.Min(1, (double)(step - WarmupSteps) / Math.Max(1, Steps - WarmupSteps));
        double done = Math.Max(stepShare, timeShare);
        return Decay switch
        {
            LearningRateDecay.Linear => Peak + ((Minimum - Peak) * done),
            LearningRateDecay.Cosine => Minimum + ((Peak - Minimum) * (1 + Math.Cos(Math.PI * done)) / 2),
            _ => Peak,
        };
    }
}
