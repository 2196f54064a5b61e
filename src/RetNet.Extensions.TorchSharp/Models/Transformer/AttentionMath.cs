using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.TorchSharp.Kernels;

namespace RetNet.Extensions.TorchSharp.Models.Transformer;

/// <summary>Softmax attention where several query heads share a key-value head: they are rows of one product, so that keys and values are
/// not copied.</summary>
/// <remarks>Softmax is float32. Products are in the type of the weights if the state has the same type, otherwise in float32.</remarks>
/// <param name="c">The model's dimensions: H query heads, G key-value heads of width w.</param>
/// <param name="type">The type of the weights.</param>
/// <param name="sinks">For each layer, a score of each head that no value belongs to, <c>[H]</c>, float32; null for none.</param>
internal sealed class AttentionMath(TransformerConfiguration c, torch.ScalarType type, IReadOnlyList<Tensor?> sinks)
{
    /// <summary>The type in which rows of a state are multiplied.</summary>
    public torch.ScalarType TypeFor(Tensor rows) => rows.dtype == type ? type : torch.float32;

    /// <summary>The softmax of q kᵀ, scaled and bounded as the model does it.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="query"><c>[n × T × H × w]</c>, float32.</param>
    /// <param name="keys"><c>[n·G × rows × w]</c>.</param>
    /// <param name="hidden">True where a query sees no key, <c>[n × 1 × 1 × rows]</c> or <c>[1 × 1 × T × rows]</c>; null where it sees
    /// all.</param>
    /// <returns><c>[n × H × T × rows]</c>, float32.</returns>
    public Tensor Weights(int layer, Tensor query, Tensor keys, Tensor? hidden)
    {
        (long n, long tokens, long rows) = (query.size(0), query.size(1), keys.size(1));
        torch.ScalarType wide = TypeFor(keys);
        Tensor q = (query * c.AttentionScale).to(wide).transpose(1, 2)
            .reshape(n * c.KeyValueHeads, c.Heads / c.KeyValueHeads * tokens, c.HeadWidth);
        Tensor scores = TorchMath.Product(q, keys.to(wide).transpose(1, 2)).to(torch.float32).reshape(n, c.Heads, tokens, rows);
        if (c.AttentionSoftCap is { } cap)
            scores = TorchMath.SoftCap(scores, cap);
        if (hidden is not null)
            scores = scores.masked_fill_(hidden, float.NegativeInfinity);
        if (sinks[layer] is not { } sink)
            return torch.nn.functional.softmax(scores, -1);
        scores = torch.cat([scores, sink.reshape(1, c.Heads, 1, 1).expand(n, c.Heads, tokens, 1)], -1);
        return torch.nn.functional.softmax(scores, -1).narrow(-1, 0, rows);
    }

    /// <summary>The values, weighted.</summary>
    /// <param name="weights"><c>[n × H × T × rows]</c>, float32.</param>
    /// <param name="values"><c>[n·G × rows × w]</c>.</param>
    /// <returns><c>[n × T × H × w]</c>, float32.</returns>
    public Tensor Mix(Tensor weights, Tensor values)
    {
        (long n, long tokens, long rows) = (weights.size(0), weights.size(2), weights.size(3));
        torch.ScalarType wide = TypeFor(values);
        Tensor p = weights.to(wide).reshape(n * c.KeyValueHeads, c.Heads / c.KeyValueHeads * tokens, rows);
        return TorchMath.Product(p, values.to(wide)).to(torch.float32).reshape(n, c.Heads, tokens, c.HeadWidth).transpose(1, 2);
    }

    /// <summary>The weights of a query, averaged over its heads.</summary>
    /// <param name="weights"><c>[n × H × rows]</c>.</param>
    /// <returns><c>[n × rows]</c>.</returns>
    public static Tensor Average(Tensor weights)
    {
        // The heads lie side by side, so that every row's are summed in the same order: equal weights stay equal.
        return weights.transpose(1, 2).contiguous().mean([2]);
    }
}
