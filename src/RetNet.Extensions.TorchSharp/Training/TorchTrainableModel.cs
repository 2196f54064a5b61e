using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Core.Training.Layers;
using RetNet.Extensions.TorchSharp.Kernels;
using RetNet.Extensions.TorchSharp.Native;

namespace RetNet.Extensions.TorchSharp.Training;

/// <summary>A model that is trained on libtorch: autograd computes the gradients. A family adds how its layers mix tokens.</summary>
/// <remarks>
/// Linear layers run on the rows of all sequences, <c>[rows × d]</c>. The residual stream, norms, softmax and loss are float32; matrix
/// products have the batch's precision. What a pass computes lives in one dispose scope; autograd keeps what the backward pass needs.
/// </remarks>
internal abstract class TorchTrainableModel : TrainableModel
{
    private readonly TorchParameterStore _store;
    private readonly TorchParameterStore _buffers;
    private readonly ComputeDevice _device;
    private readonly int _threads;
    private float[] _host = [];
    private Tensor? _hidden;
    private bool _disposed;

    /// <param name="source">The model on the CPU whose weights are copied.</param>
    /// <param name="device">The device.</param>
    protected TorchTrainableModel(TrainableModel source, ComputeDevice device)
    {
        (_device, _threads) = (device, source.Threads);
        (Configuration, VocabularySize, Width, HasConstantState) =
            (source.Configuration, source.VocabularySize, source.Width, source.HasConstantState);
        NativeDevice = TorchDevices.Native(device);
        _buffers = new TorchParameterStore(source.Buffers, NativeDevice, Explain);
        _store = new TorchParameterStore(source.Parameters, NativeDevice, Explain, _buffers);
    }

    public override int VocabularySize { get; }

    public override int Width { get; }

    public override ComputeDevice Device => _device;

    public override int Threads => _device.Kind == DeviceKind.Torch ? _threads : 1;

    public override IReadOnlyList<Parameter> Parameters => _store.Parameters;

    public override IReadOnlyList<Parameter> Buffers => _buffers.Parameters;

    public override bool HasConstantState { get; }

    protected override bool IsDisposed => _disposed;

    /// <summary>libtorch's name of the device.</summary>
    protected torch.Device NativeDevice { get; }

    /// <summary>The parameters.</summary>
    protected TorchParameterStore Store => _store;

    /// <summary>The weights that every family has.</summary>
    protected abstract TrainableWeights Weights { get; }

    /// <summary>Prepares what all layers of a pass use.</summary>
    protected abstract void Begin(TorchTrainingPass pass);

    /// <summary>What a family does to the embedding, <c>[rows × d]</c>.</summary>
    protected virtual Tensor ScaleEmbedding(Tensor x) => x;

    /// <summary>What the first half of a block adds to the residual stream: retention or attention of n1(x).</summary>
    /// <param name="pass">The batch.</param>
    /// <param name="layer">The block's number.</param>
    /// <param name="x"><c>[rows × d]</c>, float32.</param>
    /// <returns><c>[rows × d]</c>.</returns>
    protected abstract Tensor MixTokens(TorchTrainingPass pass, int layer, Tensor x);

    /// <summary>gate = act(gate) ⊙ up in the feed-forward network: silu unless a family says otherwise.</summary>
    protected virtual Tensor Activate(Tensor gate, Tensor up) => TorchMath.SiluGate(gate, up);

    /// <summary>A norm's weight as the model uses it, of the trained one.</summary>
    protected virtual Tensor NormWeight(Tensor trained) => trained;

    /// <summary>What half a block reads of x, <c>[rows × d]</c>, float32: n(x) unless a family says otherwise.</summary>
    protected virtual Tensor Input(Tensor x, Tensor norm) => TorchMath.RmsNorm(x, norm, Weights.NormEpsilon);

    /// <summary>What half a block adds to the residual stream, <c>[rows × d]</c>: what it computes, unless a family says
    /// otherwise.</summary>
    protected virtual Tensor Added(Tensor y, Tensor norm, Tensor? outputNorm) => y;

    /// <summary>Changes logits, float32, as the family requires.</summary>
    protected virtual Tensor BoundLogits(Tensor logits) => logits;

    public override ModelConfiguration Configuration { get; }

    public override void ClearGradients() => _store.ClearGradients();

    public override void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        ForgetPass();
        _store.Dispose();
        _buffers.Dispose();
    }

    /// <summary>The state that <see cref="TrainableModel.HasConstantState"/> promises.</summary>
    protected override TrainingState CreateStateCore(int sequences) => throw new NotSupportedException("The model has no constant state.");

    protected override ReadOnlySpan<float> ForwardCore(in TrainingBatch batch) => Guard(batch, batch =>
    {
        using IDisposable gradients = torch.enable_grad();
        Tensor hidden = ComputeHidden(batch);
        ReadOnlySpan<float> copy = ToHost(hidden.detach());
        _hidden = hidden.DetachFromDisposeScope();
        return copy;
    });

    protected override ReadOnlySpan<float> MeasureCore(in TrainingBatch batch) => Guard(batch, batch =>
    {
        using IDisposable noGradients = torch.no_grad();
        return ToHost(ComputeHidden(batch));
    });

    protected override void BackwardCore(ReadOnlySpan<float> hiddenGradient)
    {
        Tensor hidden = _hidden!;
        try
        {
            Guard(hiddenGradient, values =>
            {
                Tensor gradient = torch.tensor(values.ToArray(), torch.float32, NativeDevice).reshape(hidden.shape);
                torch.autograd.backward(hidden, gradient);
                return true;
            });
        }
        finally
        {
            ForgetPass();
        }
    }

    protected override double StepCore(in TrainingBatch batch, ReadOnlySpan<int> targets, float weight)
    {
        int[] wanted = targets.ToArray();
        return Guard(batch, batch =>
        {
            using IDisposable gradients = torch.enable_grad();
            TorchTrainingPass pass = new(batch, NativeDevice);
            Tensor hidden = Compute(pass);
            (Tensor losses, Tensor gradient) = TorchLanguageModelLoss.WithGradient(pass, hidden, Weights.Head, wanted, weight, BoundLogits);
            pass.CancellationToken.ThrowIfCancellationRequested();
            torch.autograd.backward(hidden, gradient);

            // Reading waits for the device, so it comes last.
            return TorchLanguageModelLoss.Mean(losses, wanted);
        });
    }

    protected override double LossCore(in TrainingBatch batch, ReadOnlySpan<int> targets)
    {
        int[] wanted = targets.ToArray();
        return Guard(batch, batch =>
        {
            using IDisposable noGradients = torch.no_grad();
            TorchTrainingPass pass = new(batch, NativeDevice);
            return TorchLanguageModelLoss.Mean(
                TorchLanguageModelLoss.Compute(pass, Compute(pass), Weights.Head, wanted, BoundLogits), wanted);
        });
    }

    /// <summary>x Wᵀ + b in the batch's precision.</summary>
    protected static Tensor Product(TorchTrainingPass pass, Tensor x, Tensor weight, Tensor? bias = null) =>
        TorchMath.Linear(x.to(pass.Type), weight.to(pass.Type), bias?.to(pass.Type));

    /// <summary>All layers, and the means of the sequences if the batch asks for them.</summary>
    /// <returns><c>[rows × d]</c> or <c>[sequences × d]</c>, float32.</returns>
    private Tensor ComputeHidden(in TrainingBatch batch)
    {
        TorchTrainingPass pass = new(batch, NativeDevice);
        Tensor hidden = Compute(pass);
        if (!batch.Means)
            return hidden;
        Tensor[] sequences = hidden.split([.. pass.Lengths.Select(length => (long)length)]);
        return torch.stack(sequences.Select(rows => rows.mean([0])));
    }

    /// <summary>All layers.</summary>
    /// <returns>The normalised output of the last, <c>[rows × d]</c>, float32.</returns>
    private Tensor Compute(TorchTrainingPass pass)
    {
        ForgetPass();
        if (_device.Kind == DeviceKind.Torch)
            torch.set_num_threads(_threads);
        Begin(pass);
        Tensor x = pass.Drop(ScaleEmbedding(Weights.Embedding.index_select(0, pass.Tokens)), DropoutRule.EmbeddingPlace);
        for (int layer = 0; layer < Weights.Layers.Count; layer++)
        {
            pass.CancellationToken.ThrowIfCancellationRequested();
            using DisposeScope scope = torch.NewDisposeScope();
            TrainableLayerWeights weights = Weights.Layers[layer];
            Tensor mixed = Added(MixTokens(pass, layer, x), weights.MixingNorm, weights.MixingOutputNorm);
            Tensor middle = x + pass.Drop(mixed.to(torch.float32), (2 * layer) + 1);
            Tensor fed = Added(FeedForward(pass, weights, middle), weights.FeedForwardNorm, weights.FeedForwardOutputNorm);
            Tensor after = middle + pass.Drop(fed.to(torch.float32), (2 * layer) + 2);
            x.Dispose();
            x = after.MoveToOuterDisposeScope();
        }

        if (pass.State is { } state)
        {
            for (int i = 0; i < pass.Lengths.Count; i++)
                state.Advance(i, pass.Lengths[i]);
        }

        return TorchMath.RmsNorm(x, NormWeight(Weights.FinalNorm), Weights.NormEpsilon);
    }

    /// <summary>F(n2(x)).</summary>
    private Tensor FeedForward(TorchTrainingPass pass, TrainableLayerWeights weights, Tensor x) =>
        weights.FeedForward.Apply(Input(x, weights.FeedForwardNorm), pass.Type, Activate);

    /// <summary>Copies hidden states, valid until the next copy.</summary>
    private ReadOnlySpan<float> ToHost(Tensor hidden)
    {
        // TorchSharp's spans of bytes have at most int.MaxValue of them.
        const int Most = int.MaxValue / sizeof(float);
        if (hidden.NumberOfElements > Most)
        {
            throw new NotSupportedException($"The hidden states have {hidden.NumberOfElements} values; at most {Most} can be copied. Feed "
                + "fewer tokens at once.");
        }

        int length = (int)hidden.NumberOfElements;
        if (_host.Length < length)
            _host = new float[length];
        MemoryMarshal.Cast<byte, float>(hidden.cpu().bytes).CopyTo(_host);
        return _host.AsSpan(0, length);
    }

    private void ForgetPass()
    {
        _hidden?.Dispose();
        _hidden = null;
    }

    /// <summary>Computes in a dispose scope, and explains libtorch's errors.</summary>
    protected TResult Guard<TArgument, TResult>(TArgument argument, Func<TArgument, TResult> compute)
        where TArgument : allows ref struct
        where TResult : allows ref struct =>
        _store.Guard(argument, compute);

    private DeviceException Explain(ExternalException exception) => TorchErrors.Explain(
        _device, exception, cause => TorchErrors.OutOfMemoryInTraining(_device, ParameterCount, cause));
}
