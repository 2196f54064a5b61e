using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.Core.Models.Transformer.Rotations;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.TorchSharp.Kernels;
using RetNet.Extensions.TorchSharp.Models.Transformer;

namespace RetNet.Extensions.TorchSharp.Training;

/// <summary>A Transformer of the Llama family that is trained on libtorch: causal attention over all tokens of a sequence, or its sliding
/// window.</summary>
internal sealed class TorchTrainableTransformer : TorchTrainableModel
{
    private const int NoWindow = 0;

    private readonly TransformerConfiguration _c;
    private readonly TransformerFormulas _formulas;
    private readonly TrainableTransformerLayerWeights[] _layers;
    private readonly Dictionary<(long Length, int Window), Tensor> _masks = [];
    private RotaryTables? _rotations;

    /// <param name="source">The model on the CPU whose weights are copied.</param>
    /// <param name="c">Its configuration.</param>
    /// <param name="device">The device.</param>
    public TorchTrainableTransformer(TrainableModel source, TransformerConfiguration c, ComputeDevice device)
        : base(source, device)
    {
        (_c, _formulas) = (c, new TransformerFormulas(c));
        TransformerLayout layout = new(c);
        _layers = [.. layout.Layers.Select(layer => new TrainableTransformerLayerWeights(layer, Store))];
        Weights = new TrainableWeights(layout, Store, _layers, c.NormEpsilon);
    }

    /// <inheritdoc/>
    protected override TrainableWeights Weights { get; }

    private int QueryWidth => _c.Heads * _c.HeadWidth;

    private int KeyWidth => _c.KeyValueHeads * _c.HeadWidth;

    /// <summary>The rotary embeddings, and the masks of sliding windows that some sequence is longer than, and of all earlier tokens where
    /// attention needs one.</summary>
    protected override void Begin(TorchTrainingPass pass)
    {
        _rotations = new RotaryTables(
            _c, pass.Positions, [.. pass.Lengths.Select(length => (length, (long)length))], Frequencies(LayerRotation.Global),
            _c.LayerRotations.Contains(LayerRotation.Local) ? Frequencies(LayerRotation.Local) : null);
        _masks.Clear();
        foreach (long length in pass.Groups.Select(group => group.Length).Distinct())
        {
            Tensor to = torch.arange(length, dtype: torch.int64, device: NativeDevice), from = to.unsqueeze(1);
            foreach (int window in _c.SlidingWindows.OfType<int>().Where(window => window < length).Distinct())
                _masks[(length, window)] = to.le(from).logical_and(to.gt(from - window));
            if (!_formulas.HasPlainAttention)
                _masks[(length, NoWindow)] = to.le(from);
        }
    }

    /// <inheritdoc/>
    protected override Tensor ScaleEmbedding(Tensor x) => _c.EmbeddingScale == 1 ? x : x * _c.EmbeddingScale;

    /// <inheritdoc/>
    protected override Tensor NormWeight(Tensor trained) => _c.NormAddsOne ? trained + 1 : trained;

    /// <inheritdoc/>
    protected override Tensor Input(Tensor x, Tensor norm) => _formulas.Input(x, NormWeight(norm));

    /// <inheritdoc/>
    protected override Tensor Added(Tensor y, Tensor norm, Tensor? outputNorm) =>
        _formulas.Added(y, NormWeight(norm), outputNorm is null ? null : NormWeight(outputNorm));

    /// <inheritdoc/>
    protected override Tensor BoundLogits(Tensor logits) => _formulas.BoundLogits(logits);

    /// <summary>W_o Attention(q, K, V) with q, k, v = W_q, W_k, W_v · n1(x).</summary>
    protected override Tensor MixTokens(TorchTrainingPass pass, int layer, Tensor x)
    {
        TrainableTransformerLayerWeights weights = _layers[layer];
        Tensor[] projected = Product(pass, Input(x, weights.MixingNorm), weights.Projections, weights.ProjectionBias)
            .split([QueryWidth, KeyWidth, KeyWidth], -1);
        Tensor query = Heads(projected[0], weights.QueryNorm, heads => _rotations!.RotateQueries(heads, layer));
        Tensor key = Heads(projected[1], weights.KeyNorm, heads => _rotations!.Rotate(heads, layer)).to(pass.Type);
        query = (_formulas.QueryFactor == 1 ? query : query * _formulas.QueryFactor).to(pass.Type);
        Tensor value = PerHead(projected[2]);
        Tensor attended = pass.Join(pass.Groups.Select(group =>
            Attention(group.Length, layer, group.Take(query), ForQueries(group.Take(key)), ForQueries(group.Take(value)))));
        return Product(pass, attended.reshape(x.size(0), -1), weights.Output, weights.OutputBias);
    }

    /// <inheritdoc/>
    protected override Tensor Activate(Tensor gate, Tensor up) => _formulas.Activate(gate, up);

    private Tensor Attention(int length, int layer, Tensor query, Tensor key, Tensor value)
    {
        Tensor? mask = Mask(length, layer);
        if (_formulas.HasPlainAttention)
            return TorchMath.Attention(query, key, value, mask);
        return TorchMath.BoundedAttention(query, key, value, mask ?? _masks[(length, NoWindow)], _layers[layer].Sinks, _c.AttentionSoftCap);
    }

    private Tensor? Mask(int length, int layer) => _c.SlidingWindow(layer) is { } window
        ? _masks.GetValueOrDefault((length, window))
        : null;

    private Tensor PerHead(Tensor rows) => rows.reshape(rows.size(0), -1, _c.HeadWidth);

    /// <summary>Key-value heads, once for every query head.</summary>
    private Tensor ForQueries(Tensor heads) => _c.Heads == _c.KeyValueHeads
        ? heads
        : heads.repeat_interleave(_c.Heads / _c.KeyValueHeads, 1);

    private Tensor Heads(Tensor projected, Tensor? norm, Func<Tensor, Tensor> rotate) =>
        _formulas.Heads(projected, norm is null ? null : NormWeight(norm), rotate);

    private Tensor Frequencies(LayerRotation rotation) =>
        torch.tensor(_c.ComputeRotaryFrequencies(rotation), torch.float32, NativeDevice);
}
