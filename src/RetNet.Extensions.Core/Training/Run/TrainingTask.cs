using RetNet.Extensions.Core.Kernels.Threads;

namespace RetNet.Extensions.Core.Training.Run;

/// <summary>What is learned, and from which data. Its behaviour depends only on the number of the step and on what <see cref="SaveState"/>
/// writes.</summary>
internal abstract class TrainingTask : IDisposable
{
    /// <summary>The parameters that the optimiser updates.</summary>
    public abstract IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The threads that the model computes with; null if another engine has its own.</summary>
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

/// <summary>What a step computed: the mean loss of its batches, and how many tokens they have.</summary>
internal readonly record struct StepLoss(double Mean, long Tokens);

/// <summary>A language model learns to predict the next token.</summary>
internal abstract class LanguageModelTask(
    TrainableModel model, IReadOnlyList<ReadOnlyMemory<int>> documents, LanguageModelValidation? validation) : TrainingTask
{
    public override IReadOnlyList<Parameter> Parameters => Model.Parameters;

    public override WorkerPool? Pool => Model.Pool;

    public override bool HasValidation => validation is not null;

    protected TrainableModel Model => model;

    public override void ClearGradients() => model.ClearGradients();

    public override double Validate(CancellationToken cancellationToken) => validation!.Loss(cancellationToken);

    public override IEnumerable<KeyValuePair<string, string>> Fingerprint()
    {
        yield return KeyValuePair.Create("model", DataFingerprint.Of(model.ConfigurationJson()));
        yield return KeyValuePair.Create("data", DataFingerprint.Of(documents));
        yield return KeyValuePair.Create("validation data", validation?.Fingerprint ?? "none");
    }
}
