using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.Core.Training.Layers;
using RetNet.Extensions.TorchSharp.Kernels;
using RetNet.Extensions.TorchSharp.Models.RetNet;

namespace RetNet.Extensions.TorchSharp.Training;

/// <summary>A RetNet that is trained on libtorch, in either dialect and every form.</summary>
internal sealed class TorchTrainableRetNet : TorchTrainableModel
{
    private readonly RetNetConfiguration _c;
    private readonly float[] _logDecay;
    private readonly TrainableRetNetLayerWeights[] _layers;
    private readonly Tensor? _embeddingNorm;
    private TrainableRetention? _retention;

    /// <inheritdoc cref="TorchTrainableModel(TrainableParts, int, ComputeDevice)"/>
    public TorchTrainableRetNet(TrainableParts parts, int threads, ComputeDevice device)
        : base(parts, threads, device)
    {
        (_c, _logDecay) = (parts.RetNet!, parts.LogDecay);
        RetNetTensorNames names = new(_c);
        _layers = [.. Enumerable.Range(0, _c.Layers).Select(layer => Layer(names.Layer(layer)))];
        _embeddingNorm = _c.EmbeddingNorm ? Store.Leaf(names.EmbeddingNorm, _c.Width) : null;
        Tensor embedding = Store.Leaf(names.Embedding, _c.VocabularySize, _c.Width);
        Weights = new TrainableWeights
        {
            Embedding = embedding,
            Layers = _layers,
            FinalNorm = Store.Leaf(names.FinalNorm, _c.Width),
            Head = _c.TieEmbeddings ? embedding : Store.Leaf(names.Head, _c.VocabularySize, _c.Width),
            NormEpsilon = _c.NormEpsilon,
        };
    }

    /// <inheritdoc/>
    protected override TrainableWeights Weights { get; }

    /// <inheritdoc/>
    protected override void Begin(TorchTrainingPass pass) => _retention = new TrainableRetention(_c, _logDecay, pass, NativeDevice);

    /// <summary>x = embedding × √d, then normalised, where the checkpoint says so.</summary>
    protected override Tensor ScaleEmbedding(Tensor x)
    {
        Tensor scaled = _c.EmbeddingScale == 1 ? x : x * _c.EmbeddingScale;
        return _embeddingNorm is null ? scaled : TorchMath.RmsNorm(scaled, _embeddingNorm, _c.NormEpsilon);
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
            pass.Cosines, pass.Sines);
        Tensor value = TorchRetNetMath.PerHead(projected[2], _c.KeyValueHeads, _c.Heads);
        Tensor retained = _retention!.Retain(layer, query, key, value);
        Tensor output = TorchMath.RmsNorm(retained, weights.HeadNorm, _c.NormEpsilon).reshape(x.size(0), -1).to(pass.Type);
        return Product(pass, _c.UseOutputGate ? TorchMath.SiluGate(projected[3], output) : output, weights.Output);
    }

    private TrainableRetNetLayerWeights Layer(RetNetTensorNames.LayerNames names) => new()
    {
        MixingNorm = Store.Leaf(names.RetentionNorm, _c.Width),
        Projections = Store.Leaf(names.Query, TorchRetNetMath.ProjectionWidths(_c).Sum(), _c.Width),
        Output = Store.Leaf(names.Output, _c.Width, _c.Heads * _c.ValueWidth),
        HeadNorm = _c.HeadNormHasWeight ? Store.Leaf(names.HeadNorm, _c.ValueWidth) : null,
        FeedForwardNorm = Store.Leaf(names.FeedForwardNorm, _c.Width),
        FeedForwardGateUp = Store.Leaf(names.FeedForwardGate, 2L * _c.FeedForwardWidth, _c.Width),
        FeedForwardDown = Store.Leaf(names.FeedForwardDown, _c.Width, _c.FeedForwardWidth),
    };
}
