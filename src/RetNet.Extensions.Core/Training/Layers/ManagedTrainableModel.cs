using System.Numerics.Tensors;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Memory;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>A model that is trained on the CPU in managed code: for every layer there is an explicit backward pass beside its forward
/// pass.</summary>
internal sealed unsafe class ManagedTrainableModel : TrainableModel
{
    private readonly TrainableParts _parts;
    private readonly TrainingPass _pass;
    private readonly LanguageModelLoss _loss;
    private readonly List<ScratchRows> _streams = [];
    private readonly ScratchRows _output;
    private int[] _tokens = [];
    private float[]? _means;
    private float[] _inputGradient = [];
    private bool _disposed;

    public ManagedTrainableModel(TrainableParts parts, int threads)
    {
        _parts = parts;
        _pass = new TrainingPass(threads);
        _loss = new LanguageModelLoss(parts.Head, parts.VocabularySize, parts.Width, parts.Settings);
        foreach (TrainableBlock _ in parts.Blocks)
            _streams.Add(new ScratchRows([parts.Width, parts.Width]));

        // The residual stream after the last block and, normalised, what the head reads; the gradients of both.
        _output = new ScratchRows([parts.Width, parts.Width, parts.Width, parts.Width]);
    }

    public override int VocabularySize => _parts.VocabularySize;

    public override int Width => _parts.Width;

    public override ComputeDevice Device => ComputeDevice.Cpu;

    public override int Threads => _pass.Pool.Threads;

    public override IReadOnlyList<Parameter> Parameters => _parts.Store.Parameters;

    public override IReadOnlyList<Parameter> Buffers => _parts.Buffers.Parameters;

    public override bool HasConstantState => _parts.StateValuesPerLayer > 0;

    internal override WorkerPool? Pool => _pass.Pool;

    protected internal override bool IsDisposed => _disposed;

    /// <summary>The gradient of <see cref="TrainingBatch.Inputs"/> after a backward pass, <c>[tokens × d]</c>.</summary>
    internal ReadOnlySpan<float> InputGradient => _inputGradient;

    /// <summary>Creates a model with new weights.</summary>
    public static ManagedTrainableModel Create(TrainableParts parts, int seed, int threads)
    {
        parts.Store.Initialize(seed);
        return new ManagedTrainableModel(parts, threads);
    }

    public override ModelConfiguration Configuration => _parts.Configuration;

    public override void ClearGradients() => _parts.Store.ClearGradients();

    protected override TrainingState CreateStateCore(int sequences) =>
        new ManagedTrainingState(this, sequences, _parts.Blocks.Count, _parts.StateValuesPerLayer);

    protected override ReadOnlySpan<float> ForwardCore(in TrainingBatch batch)
    {
        Compute(batch);
        _means = batch.Means ? Means() : null;
        return _means ?? new ReadOnlySpan<float>(Hidden, batch.Tokens.Length * Width);
    }

    protected override void BackwardCore(ReadOnlySpan<float> hiddenGradient)
    {
        if (_means is null)
            hiddenGradient.CopyTo(new Span<float>(HiddenGradient, hiddenGradient.Length));
        else
            BackwardOfMeans(hiddenGradient);
        Backward();
    }

    protected override double StepCore(in TrainingBatch batch, ReadOnlySpan<int> targets, float weight)
    {
        Compute(batch);
        double loss = _loss.Compute(_pass, Hidden, targets, weight, HiddenGradient);
        Backward();
        return loss;
    }

    protected override double LossCore(in TrainingBatch batch, ReadOnlySpan<int> targets)
    {
        Compute(batch);
        return _loss.Compute(_pass, Hidden, targets, 0, null);
    }

    private void Compute(in TrainingBatch batch)
    {
        int rows = batch.Tokens.Length;
        _tokens = batch.Tokens.ToArray();
        if (_inputGradient.Length != batch.Inputs.Length)
            _inputGradient = new float[batch.Inputs.Length];
        _pass.Begin(batch, _parts.Rotations);
        _parts.Scratch.Reserve(rows);
        _output.Reserve(rows);
        foreach (ScratchRows stream in _streams)
            stream.Reserve(rows);

        _parts.Embedding.Forward(_pass, _tokens, BlockInput(0));
        if (!batch.Inputs.IsEmpty)
        {
            Span<float> x = new(BlockInput(0), batch.Inputs.Length);
            TensorPrimitives.Add(x, batch.Inputs, x);
        }

        if (_pass.Dropout > 0)
            DropoutLayer.Apply(_pass, DropoutRule.EmbeddingPlace, BlockInput(0), Width);
        for (int layer = 0; layer < _parts.Blocks.Count; layer++)
        {
            _pass.CancellationToken.ThrowIfCancellationRequested();
            TrainableBlock block = _parts.Blocks[layer];
            block.Mixing.Forward(_pass, BlockInput(layer), BlockMiddle(layer));
            block.FeedForward.Forward(_pass, BlockMiddle(layer), BlockInput(layer + 1));
        }

        _parts.FinalNorm.Forward(_pass, BlockInput(_parts.Blocks.Count), Hidden);
        AdvanceState();
    }

    /// <summary>The mean of each sequence's hidden states.</summary>
    /// <returns><c>[sequences × d]</c>.</returns>
    private float[] Means()
    {
        float[] means = new float[_pass.Sequences.Count * Width];
        float* row = Hidden;
        for (int i = 0; i < _pass.Sequences.Count; i++)
        {
            Span<float> mean = means.AsSpan(i * Width, Width);
            for (int token = 0; token < _pass.Sequences[i].Length; token++, row += Width)
                TensorPrimitives.Add(mean, new ReadOnlySpan<float>(row, Width), mean);
            TensorPrimitives.Divide(mean, _pass.Sequences[i].Length, mean);
        }

        return means;
    }

    /// <summary>Each token has its share of the mean's gradient.</summary>
    private void BackwardOfMeans(ReadOnlySpan<float> meansGradient)
    {
        float* row = HiddenGradient;
        for (int i = 0; i < _pass.Sequences.Count; i++)
        {
            Span<float> share = new(row, Width);
            TensorPrimitives.Divide(meansGradient.Slice(i * Width, Width), _pass.Sequences[i].Length, share);
            row += Width;
            for (int token = 1; token < _pass.Sequences[i].Length; token++, row += Width)
                share.CopyTo(new Span<float>(row, Width));
        }
    }

    public override void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _pass.Dispose();
        _loss.Dispose();
        _output.Dispose();
        foreach (ScratchRows stream in _streams)
            stream.Dispose();
        _parts.Dispose();
    }

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
            DropoutLayer.Apply(_pass, DropoutRule.EmbeddingPlace, Gradient, Width);
        if (_inputGradient.Length > 0)
            new ReadOnlySpan<float>(Gradient, _inputGradient.Length).CopyTo(_inputGradient);
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
}
