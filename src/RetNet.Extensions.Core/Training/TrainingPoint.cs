namespace RetNet.Extensions.Core.Training;

/// <summary>One step of a loss curve.</summary>
/// <param name="Step">The step, from 1.</param>
/// <param name="Loss">Mean loss of the step's batches, before its update. NaN for a step whose batches have nothing to learn, no answer or
/// only classes of weight 0: it changes no weight.</param>
/// <param name="ValidationLoss">Mean loss on the validation data, where it was measured after this step.</param>
/// <param name="LearningRate">Learning rate of the step.</param>
/// <param name="GradientNorm">Norm of the step's gradient, before it was clipped.</param>
public sealed record TrainingPoint(long Step, double Loss, double? ValidationLoss, double LearningRate, double GradientNorm);
