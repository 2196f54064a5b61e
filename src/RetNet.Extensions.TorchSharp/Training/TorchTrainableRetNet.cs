using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.TorchSharp.Kernels;
using RetNet.Extensions.TorchSharp.Models.RetNet;

namespace RetNet.Extensions.TorchSharp.Training;

/// <summary>A RetNet that is trained on libtorch, in either dialect and every form.</summary>
internal sealed class TorchTrainableRetNet : TorchTrainableModel
{
    private readonly RetNetConfiguration _c;
    private readonly float[] _logDecay;
    private readonly float[] _frequencies;
    private readonly TrainableRetNetLayerWeights[] _layers;
    private TrainableRetention? _retention;
    private (Tensor Cosines, Tensor Sines) _rotations;

    private TorchTrainableRetNet(
        TrainableModel source, RetNetConfiguration c, RetNetLayout layout, RetNetBuffers buffers, ComputeDevice device)
        : base(source, device)
    {
        (_c, _logDecay, _frequencies) = (c, buffers.LogDecay, buffers.Frequencies);
        _layers = [.. layout.Layers.Select(layer => new TrainableRetNetLayerWeights(layer, Store))];
        Weights = new TrainableWeights(layout, Store, _layers, c.NormEpsilon);
    }

    /// <summary>Copies a model on the CPU to a device.</summary>
    /// <param name="source">The model.</param>
    /// <param name="c">Its configuration.</param>
    /// <param name="device">The device.</param>
    /// <returns>The model on the device.</returns>
    public static TorchTrainableRetNet Create(TrainableModel source, RetNetConfiguration c, ComputeDevice device)
    {
        RetNetLayout layout = new(c);
        RetNetBuffers buffers = RetNetBuffers.Read(
            c, layout, buffer => source.Buffers.FirstOrDefault(values => values.Name == buffer.Name)?.Values.ToArray());
        return new TorchTrainableRetNet(source, c, layout, buffers, device);
    }

    protected override TrainingState CreateStateCore(int sequences) =>
        Guard(sequences, count => new TorchTrainingState(this, Store, _c, count, NativeDevice));

    /// <inheritdoc/>
    protected override TrainableWeights Weights { get; }

    /// <inheritdoc/>
    protected override void Begin(TorchTrainingPass pass)
    {
        _retention = new TrainableRetention(_c, _logDecay, pass, NativeDevice);

        // The reference implementations form the angle in float32, and so do we.
        Tensor angles = torch.tensor(pass.Positions, torch.int64, NativeDevice).to(torch.float32).unsqueeze(1)
            * torch.tensor(_frequencies, torch.float32, NativeDevice);
        _rotations = (angles.cos().unsqueeze(1), angles.sin().unsqueeze(1));
    }

    /// <summary>x = embedding × √d, then normalised, where the checkpoint says so.</summary>
    protected override Tensor ScaleEmbedding(Tensor x)
    {
        Tensor scaled = _c.EmbeddingScale == 1 ? x : x * _c.EmbeddingScale;
        return Weights.EmbeddingNorm is null ? scaled : TorchMath.RmsNorm(scaled, Weights.EmbeddingNorm, _c.NormEpsilon);
    }

    /// <inheritdoc/>
    protected override Tensor Activate(Tensor gate, Tensor up) => TorchRetNetMath.Activate(_c.Activation, gate, up);

    /// <summary>W_o ( RMSNorm_head( Retention(q, k, v) ) ⊙ silu(W_g n1(x)) ) with q, k, v = W_q, W_k, W_v · n1(x).</summary>
    protected override Tensor MixTokens(TorchTrainingPass pass, int layer, Tensor x)
    {
        TrainableRetNetLayerWeights weights = _layers[layer];
        Tensor[] projected = Product(pass, TorchMath.RmsNorm(x, weights.MixingNorm, _c.NormEpsilon), weights.Projections)
            .split(TorchRetNetMath.ProjectionWidths(_c), -1);
        (Tensor query, Tensor key) = TorchRetNetMath.ScaleAndRotate(_c, 1 / MathF.Sqrt(_c.KeyWidth), projected[0], projected[1],
            _rotations.Cosines, _rotations.Sines);
        Tensor value = TorchRetNetMath.PerHead(projected[2], _c.KeyValueHeads, _c.Heads);
        Tensor retained = _retention!.Retain(layer, query, key, value);
        Tensor output = TorchMath.RmsNorm(retained, weights.HeadNorm, _c.NormEpsilon).reshape(x.size(0), -1).to(pass.Type);
        return Product(pass, _c.UseOutputGate ? TorchMath.SiluGate(projected[3], output) : output, weights.Output);
    }
}
