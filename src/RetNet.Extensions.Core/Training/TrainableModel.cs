using System.Text;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Kernels;
using RetNet.Extensions.Core.MultiState;
using RetNet.Extensions.Core.Retention;
using RetNet.Extensions.Core.Training.Layers;

namespace RetNet.Extensions.Core.Training;

/// <summary>
/// A RetNet or a Transformer of the Llama family that can be trained: float32 weights, and for every layer an explicit backward pass beside its
/// forward pass.
/// </summary>
/// <remarks>
/// Not safe for concurrent use; one pass at a time uses the model's threads. What is computed does not depend on their number, bit for bit. A pass that is
/// cancelled leaves the weights as they are, but gradients that must be cleared and a carried state that must be reset or restored.
/// </remarks>
public sealed unsafe class TrainableModel : IDisposable
{
    private const int EmbeddingPlace = 0;

    private readonly TrainableParts _parts;
    private readonly TrainingPass _pass;
    private readonly LanguageModelLoss _loss;
    private readonly List<ScratchRows> _streams = [];
    private readonly ScratchRows _output;
    private int[] _tokens = [];
    private bool _disposed;

    internal TrainableModel(TrainableParts parts, int threads)
    {
        _parts = parts;
        _pass = new TrainingPass(threads);
        _loss = new LanguageModelLoss(parts.Head, parts.VocabularySize, parts.Width);
        foreach (TrainableBlock _ in parts.Blocks)
            _streams.Add(new ScratchRows([parts.Width, parts.Width]));

        // The residual stream after the last block and, normalised, what the head reads; the gradients of both.
        _output = new ScratchRows([parts.Width, parts.Width, parts.Width, parts.Width]);
    }

    /// <summary>Number of tokens in the vocabulary.</summary>
    public int VocabularySize => _parts.VocabularySize;

    /// <summary>Model width d.</summary>
    public int Width => _parts.Width;

    /// <summary>The number of threads.</summary>
    public int Threads => _pass.Pool.Threads;

    /// <summary>The number of trained values; tied weights count once.</summary>
    public long ParameterCount => _parts.Store.Length;

    /// <summary>The trained tensors under their names in a checkpoint; tied weights are one.</summary>
    public IReadOnlyList<Parameter> Parameters => _parts.Store.Parameters;

    /// <summary>Tensors that belong to the checkpoint but are not trained: torchscale's rotary angles and decays.</summary>
    public IReadOnlyList<Parameter> Buffers => _parts.Buffers.Parameters;

    /// <summary>All tensors of the checkpoint, trained or not, ready to be written beside <see cref="ConfigurationJson"/>.</summary>
    public IEnumerable<TensorSource> Tensors =>
        Parameters.Concat(Buffers).Select(parameter => parameter.ToTensor());

    /// <summary>Whether sequences can go on from a state (<see cref="CreateState"/>): true for a RetNet.</summary>
    public bool HasConstantState => _parts.StateValuesPerLayer > 0;

    internal WorkerPool Pool => _pass.Pool;

    /// <summary>Creates a RetNet with new weights (RetNet, section 3.1, and torchscale's initialisation).</summary>
    /// <param name="configuration">Its dimensions.</param>
    /// <param name="seed">Seed of the weights.</param>
    /// <param name="threads">Threads to compute with; 0 for one per processor.</param>
    /// <param name="initialization">Departures from the family's initialisation; null for none.</param>
    /// <returns>The model.</returns>
    /// <exception cref="ArgumentException">The number of threads or an option is out of range.</exception>
    public static TrainableModel Create(RetNetConfiguration configuration, int seed, int threads = 0, InitializationOptions? initialization = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        TrainableModel model = new(RetNetTrainableParts.Create(configuration, Checked(initialization)), ResolveThreads(threads));
        model._parts.Store.Initialize(seed);
        return model;
    }

    /// <summary>Creates a Transformer of the Llama family with new weights (transformers' initialisation: normal with standard deviation 0.02).</summary>
    /// <param name="configuration">Its dimensions.</param>
    /// <param name="seed">Seed of the weights.</param>
    /// <param name="threads">Threads to compute with; 0 for one per processor.</param>
    /// <param name="initialization">Departures from the family's initialisation; null for none.</param>
    /// <returns>The model.</returns>
    /// <exception cref="ArgumentException">The number of threads or an option is out of range.</exception>
    public static TrainableModel Create(TransformerConfiguration configuration, int seed, int threads = 0, InitializationOptions? initialization = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        TrainableModel model = new(TransformerTrainableParts.Create(configuration, Checked(initialization)), ResolveThreads(threads));
        model._parts.Store.Initialize(seed);
        return model;
    }

    /// <summary>Copies the weights of a checkpoint, widened to float32.</summary>
    /// <param name="checkpoint">The checkpoint; it may be closed afterwards.</param>
    /// <param name="threads">Threads to compute with; 0 for one per processor.</param>
    /// <returns>The model.</returns>
    /// <exception cref="CheckpointException">The checkpoint is no complete model of a supported family.</exception>
    /// <exception cref="ArgumentException">The number of threads is out of range.</exception>
    public static TrainableModel Load(Checkpoint checkpoint, int threads = 0)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        int resolved = ResolveThreads(threads);
        bool isTransformer = CheckpointArchitecture.Detect(checkpoint.Configuration, checkpoint.ConfigurationFile) == ModelArchitecture.Transformer;
        return new TrainableModel(isTransformer ? TransformerTrainableParts.Load(checkpoint) : RetNetTrainableParts.Load(checkpoint), resolved);
    }

    /// <summary>The config.json of a Hugging Face folder for this model: fla's options, torchscale's or those of transformers.</summary>
    /// <returns>A JSON object.</returns>
    public string ConfigurationJson() => _parts.ConfigurationJson();

    /// <summary>Writes a Hugging Face folder: config.json, the weights in float32, and other documents.</summary>
    /// <param name="folder">The folder; it is created if need be.</param>
    /// <param name="documents">The other documents, such as the tokenizer's; their configuration is not used.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public void Save(string folder, ModelDocuments documents)
    {
        ArgumentNullException.ThrowIfNull(documents);
        ModelFolder.Write(folder, documents with { Configuration = Encoding.UTF8.GetBytes(ConfigurationJson()) }, Tensors);
    }

    /// <summary>Creates an empty memory for the sequences of a batch, so that a text of any length can be trained on piece by piece.</summary>
    /// <param name="sequences">The number of sequences in a batch.</param>
    /// <returns>The state, at position 0.</returns>
    /// <exception cref="NotSupportedException">The model is a Transformer, whose memory of a text grows with it.</exception>
    public TrainingState CreateState(int sequences)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sequences, 1);
        return HasConstantState
            ? new TrainingState(this, sequences, _parts.Blocks.Count, _parts.StateValuesPerLayer)
            : throw new NotSupportedException("A Transformer has no state of constant size to carry from one piece of a text to the next; a RetNet has.");
    }

    /// <summary>Sets all gradients to 0.</summary>
    public void ClearGradients() => _parts.Store.ClearGradients();

    /// <summary>Computes the hidden states of a batch and keeps what <see cref="Backward(ReadOnlySpan{float})"/> needs.</summary>
    /// <param name="batch">The batch.</param>
    /// <returns>The last layer's output, normalised: what the language-model head reads, <c>[tokens × width]</c>. Valid until the next pass.</returns>
    /// <exception cref="ArgumentException">A token is outside the vocabulary, lengths and tokens do not match, or an option does not fit the model.</exception>
    /// <exception cref="OperationCanceledException">The batch's token was cancelled.</exception>
    public ReadOnlySpan<float> Forward(in TrainingBatch batch)
    {
        Check(batch);
        int rows = batch.Tokens.Length;
        _tokens = batch.Tokens.ToArray();
        _pass.Begin(batch, _parts.Frequencies);
        _parts.Scratch.Reserve(rows);
        _output.Reserve(rows);
        foreach (ScratchRows stream in _streams)
            stream.Reserve(rows);

        _parts.Embedding.Forward(_pass, _tokens, BlockInput(0));
        if (_pass.Dropout > 0)
            DropoutLayer.Apply(_pass, EmbeddingPlace, BlockInput(0), Width);
        for (int layer = 0; layer < _parts.Blocks.Count; layer++)
        {
            _pass.CancellationToken.ThrowIfCancellationRequested();
            TrainableBlock block = _parts.Blocks[layer];
            block.Mixing.Forward(_pass, BlockInput(layer), BlockMiddle(layer));
            block.FeedForward.Forward(_pass, BlockMiddle(layer), BlockInput(layer + 1));
        }

        _parts.FinalNorm.Forward(_pass, BlockInput(_parts.Blocks.Count), Hidden);
        AdvanceState();
        return new ReadOnlySpan<float>(Hidden, rows * Width);
    }

    /// <summary>Adds the gradients of the last <see cref="Forward"/> to the parameters' gradients.</summary>
    /// <param name="hiddenGradient">Gradient of what <see cref="Forward"/> returned, <c>[tokens × width]</c>.</param>
    /// <exception cref="ArgumentException">The gradient has another length.</exception>
    /// <exception cref="OperationCanceledException">The batch's token was cancelled.</exception>
    public void Backward(ReadOnlySpan<float> hiddenGradient)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (hiddenGradient.Length != _pass.Rows * Width)
            throw new ArgumentException($"The gradient has {hiddenGradient.Length} values; the last forward pass gave {_pass.Rows * Width}.", nameof(hiddenGradient));
        hiddenGradient.CopyTo(new Span<float>(HiddenGradient, hiddenGradient.Length));
        Backward();
    }

    /// <summary>One language-model pass: forward, loss, backward.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="targets">The next token of each of the batch's tokens; −1 where none is to be predicted.</param>
    /// <param name="weight">Factor of the loss in the gradients, such as one over the number of accumulated batches.</param>
    /// <returns>The mean cross-entropy of the targets, in nats.</returns>
    /// <exception cref="ArgumentException">As for <see cref="Forward"/>, or the targets do not fit.</exception>
    /// <exception cref="OperationCanceledException">The batch's token was cancelled.</exception>
    public double Step(in TrainingBatch batch, ReadOnlySpan<int> targets, float weight = 1)
    {
        CheckTargets(batch, targets);
        Forward(batch);
        double loss = _loss.Compute(_pass, Hidden, targets, weight, HiddenGradient);
        Backward();
        return loss;
    }

    /// <summary>The loss of a batch, without gradients. A carried state moves on as in <see cref="Forward"/>.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="targets">The next token of each of the batch's tokens; −1 where none is to be predicted.</param>
    /// <returns>The mean cross-entropy of the targets, in nats.</returns>
    /// <exception cref="ArgumentException">As for <see cref="Forward"/>, or the targets do not fit.</exception>
    /// <exception cref="OperationCanceledException">The batch's token was cancelled.</exception>
    public double Loss(in TrainingBatch batch, ReadOnlySpan<int> targets)
    {
        CheckTargets(batch, targets);
        Forward(batch);
        return _loss.Compute(_pass, Hidden, targets, 0, null);
    }

    /// <summary>Releases weights, gradients and threads.</summary>
    public void Dispose()
    {
        _disposed = true;
        _pass.Dispose();
        _loss.Dispose();
        _output.Dispose();
        foreach (ScratchRows stream in _streams)
            stream.Dispose();
        _parts.Dispose();
    }

    private static InitializationOptions Checked(InitializationOptions? options)
    {
        options?.Check();
        return options ?? InitializationOptions.Default;
    }

    private static int ResolveThreads(int threads) => new ModelLoadOptions { Threads = threads }.ResolveThreads();

    private float* Hidden => _output[1];

    private float* Gradient => _output[2];

    private float* HiddenGradient => _output[3];

    /// <summary>The residual stream before a block; that after the last one is the output.</summary>
    private float* BlockInput(int layer) => layer < _streams.Count ? _streams[layer][0] : _output[0];

    /// <summary>The residual stream between the halves of a block.</summary>
    private float* BlockMiddle(int layer) => _streams[layer][1];

    private void Backward()
    {
        int rows = _pass.Rows;
        _parts.FinalNorm.Backward(_pass.Pool, BlockInput(_parts.Blocks.Count), HiddenGradient, Gradient, rows, add: false);
        for (int layer = _parts.Blocks.Count - 1; layer >= 0; layer--)
        {
            _pass.CancellationToken.ThrowIfCancellationRequested();
            TrainableBlock block = _parts.Blocks[layer];
            block.FeedForward.Backward(_pass, BlockMiddle(layer), Gradient);
            block.Mixing.Backward(_pass, BlockInput(layer), Gradient);
        }

        if (_pass.Dropout > 0)
            DropoutLayer.Apply(_pass, EmbeddingPlace, Gradient, Width);
        _parts.Embedding.Backward(_pass, _tokens, Gradient);
        GC.KeepAlive(this);
    }

    private void AdvanceState()
    {
        if (_pass.State is not { } state)
            return;
        for (int i = 0; i < _pass.Sequences.Count; i++)
            state.Advance(i, _pass.Sequences[i].Length);
    }

    private void Check(in TrainingBatch batch)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (batch.Lengths.IsEmpty)
            throw new ArgumentException("The batch has no sequence.", nameof(batch));
        long total = 0;
        foreach (int length in batch.Lengths)
        {
            if (length < 1)
                throw new ArgumentException($"A sequence of the batch has {length} tokens; at least one is needed.", nameof(batch));
            total += length;
        }

        if (total != batch.Tokens.Length)
            throw new ArgumentException($"The sequences count {total} tokens, the batch holds {batch.Tokens.Length}.", nameof(batch));
        foreach (int token in batch.Tokens)
        {
            if ((uint)token >= (uint)VocabularySize)
                throw new ArgumentException($"Token {token} is outside the vocabulary of {VocabularySize} tokens.", nameof(batch));
        }

        if (!(batch.Dropout is >= 0 and < 1))
            throw new ArgumentException($"{nameof(batch.Dropout)} is {batch.Dropout}; expected at least 0 and below 1.", nameof(batch));
        if (batch.ChunkLength is < 0 or > ConfigurationReader.MaximumWidth)
            throw new ArgumentException($"{nameof(batch.ChunkLength)} is {batch.ChunkLength}; expected 0 (the default) to {ConfigurationReader.MaximumWidth}.", nameof(batch));
        if (!Enum.IsDefined(batch.Form))
            throw new ArgumentException($"Unknown form {batch.Form}.", nameof(batch));
        if (batch.State is not { } state)
            return;
        ObjectDisposedException.ThrowIf(state.IsDisposed, state);
        if (!ReferenceEquals(state.Model, this))
            throw new ArgumentException("The state belongs to another model.", nameof(batch));
        if (state.Sequences != batch.Lengths.Length)
            throw new ArgumentException($"The state has {state.Sequences} sequences, the batch {batch.Lengths.Length}.", nameof(batch));
        if (batch.Form == RetentionForm.Parallel)
            throw new ArgumentException("The parallel form begins with an empty memory; carry a state in the recurrent or chunkwise form.", nameof(batch));
    }

    private void CheckTargets(in TrainingBatch batch, ReadOnlySpan<int> targets)
    {
        if (targets.Length != batch.Tokens.Length)
            throw new ArgumentException($"There are {targets.Length} targets for {batch.Tokens.Length} tokens.", nameof(targets));
        foreach (int target in targets)
        {
            if (target < -1 || target >= VocabularySize)
                throw new ArgumentException($"Target {target} is outside the vocabulary of {VocabularySize} tokens, and not −1.", nameof(targets));
        }
    }
}
