using RetNet.Extensions.Core.Kernels.Threads;

namespace RetNet.Extensions.Core.Training.Run;

/// <summary>What is learned, and from which data. Its behaviour depends only on the number of the step and on what <see cref="SaveState"/>
/// writes.</summary>
/// <param name="options">How the model is trained.</param>
internal abstract class TrainingTask(TrainingOptions options) : IDisposable
{
    private readonly double[] _weights = new double[options.AccumulationSteps];

    /// <summary>How the model is trained.</summary>
    protected TrainingOptions Options { get; } = options;

    /// <summary>The parameters that the optimiser updates.</summary>
    public abstract IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The threads that the model computes with; null if another engine has its own.</summary>
    public abstract WorkerPool? Pool { get; }

    /// <summary>What one pass through the data has: sequences, or batches where their sequences are fixed. Infinite where the data have no
    /// end.</summary>
    public abstract double ItemsPerEpoch { get; }

    /// <summary>How many of these a batch has.</summary>
    public abstract int ItemsPerBatch { get; }

    /// <summary>Whether there is validation data.</summary>
    public abstract bool HasValidation { get; }

    /// <summary>Sets all gradients to 0.</summary>
    public abstract void ClearGradients();

    /// <summary>Computes the gradients of a step's mean loss over its batches; the gradients are zero before.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="cancellationToken">Observed where what <see cref="SaveState"/> writes is untouched.</param>
    public StepLoss AddGradients(long step, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        long first = step * _weights.Length;
        double total = 0;
        for (int i = 0; i < _weights.Length; i++)
            total += _weights[i] = Weight(first + i);
        if (total == 0)
            return new StepLoss(null, 0);

        (double loss, long tokens) = (0, 0);
        for (int i = 0; i < _weights.Length; i++)
        {
            double share = _weights[i] / total;
            StepLoss batch = AddGradients(first + i, (float)share, cancellationToken);
            loss += share * batch.Mean!.Value;
            tokens += batch.Tokens;
        }

        return new StepLoss(loss, tokens);
    }

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

    /// <summary>How much a batch counts in the mean loss of its step, such as the number of its predicted tokens.</summary>
    /// <param name="batch">The batch, from 0 and on through all steps.</param>
    protected abstract double Weight(long batch);

    /// <summary>Adds the gradients of a batch.</summary>
    /// <param name="batch">The batch, from 0 and on through all steps.</param>
    /// <param name="share">Factor of the gradients: the batch's part of the weight of its step.</param>
    /// <param name="cancellationToken">As for a step.</param>
    /// <returns>The batch's own mean loss.</returns>
    protected abstract StepLoss AddGradients(long batch, float share, CancellationToken cancellationToken);
}

/// <summary>What a step or batch computed: its mean loss, null for a step without anything to learn; and how many tokens it has.</summary>
internal readonly record struct StepLoss(double? Mean, long Tokens);

/// <summary>A language model learns to predict the next token.</summary>
internal abstract class LanguageModelTask(
    TrainableModel model, TrainingOptions options, IReadOnlyList<ReadOnlyMemory<int>> documents, LanguageModelValidation? validation)
    : TrainingTask(options)
{
    public override IReadOnlyList<Parameter> Parameters => Model.Parameters;

    public override WorkerPool? Pool => Model.Pool;

    public override bool HasValidation => validation is not null;

    /// <summary>Tokens of the longest sequence that is learned from.</summary>
    public abstract int LongestSequence { get; }

    protected TrainableModel Model => model;

    public override void ClearGradients() => model.ClearGradients();

    public override double Validate(CancellationToken cancellationToken) => validation!.Loss(cancellationToken);

    public override IEnumerable<KeyValuePair<string, string>> Fingerprint()
    {
        yield return KeyValuePair.Create("model", DataFingerprint.Of(model.Configuration.ToJson()));
        yield return KeyValuePair.Create("data", DataFingerprint.Of(documents));
        yield return KeyValuePair.Create("validation data", validation?.Fingerprint ?? "none");
    }
}
