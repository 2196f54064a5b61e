using RetNet.Extensions.Core.Kernels;

namespace RetNet.Extensions.Core.Training;

/// <summary>What is learned from which data. Everything it does follows from the number of the step and what <see cref="SaveState"/> writes.</summary>
internal abstract class TrainingTask : IDisposable
{
    /// <summary>All that the optimiser changes.</summary>
    public abstract IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The threads that the model computes with; null where they are no affair of this engine.</summary>
    public abstract WorkerPool? Pool { get; }

    /// <summary>Batches of one pass through the data.</summary>
    public abstract double BatchesPerEpoch { get; }

    /// <summary>Whether there is validation data.</summary>
    public abstract bool HasValidation { get; }

    /// <summary>Sets all gradients to 0.</summary>
    public abstract void ClearGradients();

    /// <summary>Computes the gradients of a step's mean loss; the gradients are zero before.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="cancellationToken">Observed where what <see cref="SaveState"/> writes is untouched.</param>
    public abstract StepLoss AddGradients(long step, CancellationToken cancellationToken);

    /// <summary>Mean loss on the validation data.</summary>
    public abstract double Validate(CancellationToken cancellationToken);

    /// <summary>What identifies the model and the data, by name.</summary>
    public abstract IEnumerable<KeyValuePair<string, string>> Fingerprint();

    /// <summary>Writes what is carried from step to step beside weights and optimiser.</summary>
    public virtual void SaveState(Stream stream)
    {
    }

    /// <summary>Reads what <see cref="SaveState"/> wrote.</summary>
    public virtual void RestoreState(Stream stream)
    {
    }

    public virtual void Dispose()
    {
    }
}
