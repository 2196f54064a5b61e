using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.TorchSharp.Kernels;

namespace RetNet.Extensions.TorchSharp.Training;

/// <summary>A Transformer of the Llama family that is trained on libtorch: causal attention over all tokens of a sequence, or its sliding
/// window.</summary>
internal sealed class TorchTrainableTransformer : TorchTrainableModel
{
    private readonly TransformerConfiguration _c;
    private readonly TrainableTransformerLayerWeights[] _layers;
    private readonly Dictionary<(long Length, int Window), Tensor> _masks = [];

    /// <param name="source">The model on the CPU whose weights are copied.</param>
    /// <param name="c">Its configuration.</param>
    /// <param name="device">The device.</param>
    public TorchTrainableTransformer(TrainableModel source, TransformerConfiguration c, ComputeDevice device)
        : base(source, c.ComputeRotaryFrequencies(), device)
    {
        _c = c;
        TransformerLayout layout = new(c);
        _layers = [.. layout.Layers.Select(layer => new TrainableTransformerLayerWeights(layer, Store))];
        Weights = new TrainableWeights(layout, Store, _layers, c.NormEpsilon);
    }

    /// <inheritdoc/>
    protected override TrainableWeights Weights { get; }

    private int QueryWidth => _c.Heads * _c.HeadWidth;

    private int KeyWidth => _c.KeyValueHeads * _c.HeadWidth;

    /// <summary>The masks of sliding windows that some sequence is longer than.</summary>
    protected override void Begin(TorchTrainingPass pass)
    {
        _masks.Clear();
        foreach (long length in pass.Groups.Select(group => group.Length).Distinct())
        {
            Tensor to = torch.arange(length, dtype: torch.int64, device: NativeDevice), from = to.unsqueeze(1);
            foreach (int window in _c.SlidingWindows.OfType<int>().Where(window => window < length).Distinct())
                _masks[(length, window)] = to.le(from).logical_and(to.gt(from - window));
        }
    }

    /// <summary>W_o Attention(q, K, V) with q, k, v = W_q, W_k, W_v · n1(x).</summary>
    protected override Tensor MixTokens(TorchTrainingPass pass, int layer, Tensor x)
    {
        TrainableTransformerLayerWeights weights = _layers[layer];
        Tensor normalised = TorchMath.RmsNorm(x, weights.MixingNorm, _c.NormEpsilon);
        Tensor[] projected = Product(pass, normalised, weights.Projections, weights.ProjectionBias)
            .split([QueryWidth, KeyWidth, KeyWidth], -1);
        Tensor query = NormaliseAndRotate(pass, projected[0], weights.QueryNorm);
        Tensor key = NormaliseAndRotate(pass, projected[1], weights.KeyNorm);
        Tensor value = PerHead(projected[2]);
        Tensor attended = pass.Join(pass.Groups.Select(group =>
            Attention(group.Length, layer, group.Take(query), ForQueries(group.Take(key)), ForQueries(group.Take(value)))));
        return Product(pass, attended.reshape(x.size(0), -1), weights.Output, weights.OutputBias);
    }

    /// <inheritdoc/>
    protected override Tensor Activate(Tensor gate, Tensor up) => _c.Activation switch
    {
        FeedForwardActivation.ClampedSwiglu => TorchMath.ClampedSwigluGate(gate, up),
        _ => base.Activate(gate, up),
    };

    private Tensor Attention(int length, int layer, Tensor query, Tensor key, Tensor value)
    {
        Tensor? mask = Mask(length, layer);
        return _layers[layer].Sinks is { } sinks
            ? TorchMath.AttentionWithSinks(query, key, value, mask ?? torch.ones(length, length, torch.@bool, NativeDevice).tril(), sinks)
            : TorchMath.Attention(query, key, value, mask);
    }

    private Tensor? Mask(int length, int layer) => _c.SlidingWindow(layer) is { } window
        ? _masks.GetValueOrDefault((length, window))
        : null;

    private Tensor PerHead(Tensor rows) => rows.reshape(rows.size(0), -1, _c.HeadWidth);

    /// <summary>Key-value heads, once for every query head.</summary>
    private Tensor ForQueries(Tensor heads) => _c.Heads == _c.KeyValueHeads
        ? heads
        : heads.repeat_interleave(_c.Heads / _c.KeyValueHeads, 1);

    /// <summary>Qwen3's norm of each head, and the rotation to absolute positions.</summary>
    private Tensor NormaliseAndRotate(TorchTrainingPass pass, Tensor rows, Tensor? norm)
    {
        Tensor heads = PerHead(rows).to(torch.float32);
        Tensor normalised = norm is null ? heads : TorchMath.RmsNorm(heads, norm, _c.NormEpsilon);
        return TorchMath.RotateHalves(normalised, pass.Cosines, pass.Sines).to(pass.Type);
    }
}
