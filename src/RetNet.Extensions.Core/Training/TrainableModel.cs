using System.Numerics.Tensors;
using System.Text;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Memory;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Training;

/// <summary>A RetNet or a Transformer of the Llama family that can be trained: float32 weights with gradients, on the CPU or, after
/// <c>ToDevice</c>, on another device.</summary>
/// <remarks>
/// Not safe for concurrent use; one pass at a time uses the model's threads. On the CPU, what is computed does not depend on their number,
/// bit for bit; on the device <c>torch</c> it does, and libtorch has one number of threads for the whole process, that of the model which
/// computed last. A pass that is cancelled leaves the weights unchanged; the gradients must then be cleared, and a carried state must be
/// reset or restored.
/// </remarks>
public abstract class TrainableModel : IDisposable
{
    // Rows of the forward pass whose gradient Backward takes.
    private int _forwardRows;

    // Tokens of the longest sequence that was learned from.
    private int _longest;

    /// <summary>Number of tokens in the vocabulary.</summary>
    public abstract int VocabularySize { get; }

    /// <summary>Model width d.</summary>
    public abstract int Width { get; }

    /// <summary>The token that starts a text, if the configuration names one.</summary>
    public int? BeginningOfSequenceId => Configuration.BosTokenId;

    /// <summary>The tokens that end a text, as the configuration names them.</summary>
    public IReadOnlyList<int> EndOfSequenceIds => Configuration.EosTokenIds;

    /// <summary>Where the model is computed.</summary>
    public abstract ComputeDevice Device { get; }

    /// <summary>The number of threads.</summary>
    public abstract int Threads { get; }

    /// <summary>The number of trained values; tied weights count once.</summary>
    public long ParameterCount => Parameters.Sum(parameter => parameter.Length);

    /// <summary>The trained tensors under their names in a checkpoint; tied weights are one.</summary>
    public abstract IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Tensors that belong to the checkpoint but are not trained, on the CPU: torchscale's rotary angles and decays, biases of the
    /// choice of experts.</summary>
    public abstract IReadOnlyList<Parameter> Buffers { get; }

    /// <summary>All tensors of the checkpoint, trained or not, ready to be written beside <see cref="ConfigurationJson"/>.</summary>
    internal IEnumerable<TensorSource> Tensors =>
        Configuration.Arrange(Parameters.Concat(Buffers).Select(parameter => parameter.ToTensor()));

    /// <summary>Whether sequences can go on from a state (<see cref="CreateState"/>): true for a RetNet.</summary>
    public abstract bool HasConstantState { get; }

    /// <summary>The threads, which an optimiser on the CPU may use too; null on another device.</summary>
    internal virtual WorkerPool? Pool => null;

    /// <summary>Whether the model was disposed.</summary>
    protected internal abstract bool IsDisposed { get; }

    /// <summary>The model's dimensions and settings.</summary>
    public abstract ModelConfiguration Configuration { get; }

    /// <summary>config.json that describes the model. A model that has learned from longer sequences than its context gets their
    /// length as its context, unless its rotary embedding depends on it.</summary>
    /// <returns>The document.</returns>
    public string ConfigurationJson() => Configuration.ForLength(_longest).ToJson();

    /// <summary>Writes a Hugging Face folder: config.json, the weights in float32, and other documents.</summary>
    /// <param name="folder">The folder; it is created if need be.</param>
    /// <param name="documents">The other documents, such as the tokenizer's; their configuration is not used.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public void Save(string folder, ModelDocuments documents)
    {
        ArgumentNullException.ThrowIfNull(documents);
        ModelFolder.Write(folder, documents with { Configuration = Encoding.UTF8.GetBytes(ConfigurationJson()) }, Tensors);
    }

    /// <summary>Ends training: the weights become a checkpoint, which a model for inference is loaded from, without a file.</summary>
    /// <remarks>On the CPU nothing is copied: the checkpoint's tensors lie in the memory that the parameters had. From another device the
    /// weights are copied to the host's memory, and the device's is released.</remarks>
    /// <param name="name">The name of the model in errors.</param>
    /// <returns>The checkpoint, which owns the weights; the caller disposes it or gives it to a model. This model is disposed then; if the
    /// copy from a device fails, it stays as it is.</returns>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public Checkpoint ToCheckpoint(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        List<HostWeights> memory = [];
        List<TensorView> tensors = [];
        foreach (IReadOnlyList<Parameter> parameters in (IReadOnlyList<Parameter>[])[Parameters, Buffers])
        {
            if (parameters.Count == 0)
                continue;
            HostWeights weights = new(Checkpoint.FileOfWeights(name), parameters[0].Memory.TakeValues(parameters));
            memory.Add(weights);
            tensors.AddRange(parameters.Select(parameter => parameter.ToTensorView(weights)));
        }

        Checkpoint checkpoint = Checkpoint.FromTensors(name, Encoding.UTF8.GetBytes(ConfigurationJson()), tensors, memory);
        Dispose();
        return checkpoint;
    }

    /// <summary>Creates an empty memory for the sequences of a batch, so that a text of any length can be trained on piece by
    /// piece.</summary>
    /// <param name="sequences">The number of sequences in a batch.</param>
    /// <returns>The state, at position 0.</returns>
    /// <exception cref="NotSupportedException">The model is a Transformer, whose memory of a text grows with it.</exception>
    public TrainingState CreateState(int sequences)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sequences, 1);
        return HasConstantState
            ? CreateStateCore(sequences)
            : throw new NotSupportedException("Only a RetNet has a state of constant size to carry from one piece of a text to the next; "
            + "the model is a Transformer.");
    }

    /// <summary>Sets all gradients to 0.</summary>
    public abstract void ClearGradients();

    /// <summary>Computes the hidden states of a batch and keeps what <see cref="Backward(ReadOnlySpan{float})"/> needs.</summary>
    /// <param name="batch">The batch.</param>
    /// <returns>The last layer's output, normalised: what the language-model head reads, <c>[tokens × width]</c>, or its mean over each
    /// sequence (<see cref="TrainingBatch.Means"/>), <c>[sequences × width]</c>. On the host, valid until the next pass.</returns>
    /// <exception cref="ArgumentException">A token is outside the vocabulary, lengths and tokens do not match, or an option does not fit
    /// the model.</exception>
    /// <exception cref="OperationCanceledException">The batch's token was cancelled.</exception>
    public ReadOnlySpan<float> Forward(in TrainingBatch batch)
    {
        TrainingChecks.Require(this, batch);
        _forwardRows = 0;
        ReadOnlySpan<float> hidden = ForwardCore(batch);
        _forwardRows = batch.HiddenRows;
        LearnFrom(batch);
        return hidden;
    }

    /// <summary>As <see cref="Forward"/>, but nothing is kept for a backward pass.</summary>
    internal ReadOnlySpan<float> Measure(in TrainingBatch batch)
    {
        TrainingChecks.Require(this, batch);
        _forwardRows = 0;
        return MeasureCore(batch);
    }

    /// <summary>Adds the gradients of the last <see cref="Forward"/> to the parameters' gradients, once.</summary>
    /// <param name="hiddenGradient">Gradient of what <see cref="Forward"/> returned, in the same shape.</param>
    /// <exception cref="InvalidOperationException">There is no complete forward pass whose gradients have not been added yet.</exception>
    /// <exception cref="ArgumentException">The gradient has another length.</exception>
    /// <exception cref="OperationCanceledException">The batch's token was cancelled.</exception>
    public void Backward(ReadOnlySpan<float> hiddenGradient)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (_forwardRows == 0)
        {
            throw new InvalidOperationException($"There is no forward pass to take gradients of; expected a call of {nameof(Forward)} "
                + "before, which was not cancelled, with no other pass since.");
        }

        if (hiddenGradient.Length != _forwardRows * Width)
        {
            throw new ArgumentException(
                $"The gradient has {hiddenGradient.Length} values; the last forward pass gave "
                    + $"{_forwardRows * Width}.", nameof(hiddenGradient));
        }

        _forwardRows = 0;
        BackwardCore(hiddenGradient);
    }

    /// <summary>One language-model pass: forward, loss, backward.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="targets">The next token of each of the batch's tokens; −1 where none is predicted.</param>
    /// <param name="weight">Factor of the loss in the gradients, such as one over the number of accumulated batches.</param>
    /// <returns>The mean cross-entropy of the targets, in nats.</returns>
    /// <exception cref="ArgumentException">As for <see cref="Forward"/>, or the targets do not fit.</exception>
    /// <exception cref="OperationCanceledException">The batch's token was cancelled.</exception>
    public double Step(in TrainingBatch batch, ReadOnlySpan<int> targets, float weight = 1)
    {
        TrainingChecks.Require(this, batch);
        TrainingChecks.RequireTargets(this, batch, targets);
        _forwardRows = 0;
        double loss = StepCore(batch, targets, weight);
        LearnFrom(batch);
        return loss;
    }

    /// <summary>The loss of a batch, without gradients. A carried state moves on as in <see cref="Forward"/>.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="targets">The next token of each of the batch's tokens; −1 where none is predicted.</param>
    /// <returns>The mean cross-entropy of the targets, in nats.</returns>
    /// <exception cref="ArgumentException">As for <see cref="Forward"/>, or the targets do not fit.</exception>
    /// <exception cref="OperationCanceledException">The batch's token was cancelled.</exception>
    public double Loss(in TrainingBatch batch, ReadOnlySpan<int> targets)
    {
        TrainingChecks.Require(this, batch);
        TrainingChecks.RequireTargets(this, batch, targets);
        _forwardRows = 0;
        return LossCore(batch, targets);
    }

    /// <summary>Releases weights, gradients and threads.</summary>
    public abstract void Dispose();

    /// <summary>Notes the length of sequences, for <see cref="ConfigurationJson"/>.</summary>
    internal void LearnFrom(int length) => _longest = Math.Max(_longest, length);

    /// <summary>Notes what another model, whose weights this one has, has learned from.</summary>
    internal void LearnFrom(TrainableModel other) => LearnFrom(other._longest);

    private void LearnFrom(in TrainingBatch batch) => LearnFrom(TensorPrimitives.Max(batch.Lengths));

    /// <summary>Creates the memory of a model that <see cref="HasConstantState"/>.</summary>
    /// <param name="sequences">1 or more.</param>
    /// <returns>The memory, empty.</returns>
    protected abstract TrainingState CreateStateCore(int sequences);

    /// <summary>Computes a checked batch and keeps what <see cref="BackwardCore"/> needs.</summary>
    /// <param name="batch">The batch.</param>
    /// <returns>The hidden states behind the final norm, <c>[tokens × d]</c>, or their means, <c>[sequences × d]</c>.</returns>
    protected abstract ReadOnlySpan<float> ForwardCore(in TrainingBatch batch);

    /// <summary>What <see cref="ForwardCore"/> returns, where no backward pass follows.</summary>
    /// <param name="batch">The batch.</param>
    /// <returns>The hidden states behind the final norm, <c>[tokens × d]</c>, or their means, <c>[sequences × d]</c>.</returns>
    protected virtual ReadOnlySpan<float> MeasureCore(in TrainingBatch batch) => ForwardCore(batch);

    /// <summary>Adds the gradients of the last forward pass.</summary>
    /// <param name="hiddenGradient">The gradient of what it returned.</param>
    protected abstract void BackwardCore(ReadOnlySpan<float> hiddenGradient);

    /// <summary>Computes the loss of a checked batch and adds its gradients.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="targets">The next token of each token; −1 where none is predicted.</param>
    /// <param name="weight">Factor of the gradients.</param>
    /// <returns>The mean cross-entropy, in nats.</returns>
    protected abstract double StepCore(in TrainingBatch batch, ReadOnlySpan<int> targets, float weight);

    /// <summary>Computes the loss of a checked batch.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="targets">The next token of each token; −1 where none is predicted.</param>
    /// <returns>The mean cross-entropy, in nats.</returns>
    protected abstract double LossCore(in TrainingBatch batch, ReadOnlySpan<int> targets);
}

/// <summary>Values of parameters in the host's memory, as tensors of a checkpoint.</summary>
internal sealed unsafe class HostWeights(string path, NativeBuffer<float> values) : ITensorStore, IDisposable
{
    public string Path => path;

    public byte* Memory
    {
        get
        {
            ObjectDisposedException.ThrowIf(values.Pointer is null, this);
            return (byte*)values.Pointer;
        }
    }

    public void Dispose() => values.Dispose();
}
