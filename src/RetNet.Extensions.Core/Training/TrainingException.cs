using System.Globalization;

namespace RetNet.Extensions.Core.Training;

/// <summary>Training cannot go on: the loss or the gradient is not a finite number. The weights are those after the last good step, and the
/// checkpoint stays as it was.</summary>
public sealed class TrainingException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="step">The step, from 1.</param>
    /// <param name="loss">Its loss.</param>
    /// <param name="gradientNorm">The norm of its gradient.</param>
    /// <param name="checkpointFile">The checkpoint, if one was written.</param>
    public TrainingException(long step, double loss, double gradientNorm, string? checkpointFile)
        : base(Describe(step, loss, gradientNorm, checkpointFile)) => (Step, Loss, GradientNorm) = (step, loss, gradientNorm);

    /// <summary>Creates the exception for a validation loss.</summary>
    /// <param name="last">The step that it was measured after.</param>
    /// <param name="validationLoss">The loss.</param>
    /// <param name="checkpointFile">The checkpoint, if one was written.</param>
    internal TrainingException(TrainingPoint last, double validationLoss, string? checkpointFile)
        : base(Describe(last.Step, validationLoss, last.GradientNorm, checkpointFile, "validation loss")) =>
        (Step, Loss, GradientNorm) = (last.Step, validationLoss, last.GradientNorm);

    /// <summary>The step, from 1.</summary>
    public long Step { get; }

    /// <summary>Its loss, or the validation loss after it, if that is what is no finite number.</summary>
    public double Loss { get; }

    /// <summary>The norm of its gradient.</summary>
    public double GradientNorm { get; }

    private static string Describe(long step, double loss, double gradientNorm, string? checkpointFile, string kind = "loss")
    {
        string kept = checkpointFile is null ? "" : $" The last checkpoint, {checkpointFile}, was written before that step.";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Step {step} has a {kind} of {loss} and a gradient of norm {gradientNorm}; "
                + $"a lower learning rate or a longer warm-up may help.{kept}");
    }
}
