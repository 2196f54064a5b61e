using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.TorchSharp.Kernels;

namespace RetNet.Extensions.TorchSharp.Models.Transformer;

/// <summary>What tells the Transformers of the Llama family apart, for inference and for training.</summary>
/// <param name="c">The model's configuration.</param>
internal sealed class TransformerFormulas(TransformerConfiguration c)
{
    /// <summary>Factor of queries where the attention itself divides scores by √w.</summary>
    public float QueryFactor { get; } = c.AttentionScale * MathF.Sqrt(c.HeadWidth);

    /// <summary>Whether softmax(q kᵀ w^−½) v, with scaled queries, is all of the attention.</summary>
    public bool HasPlainAttention { get; } = c.AttentionSoftCap is null && !c.AttentionSinks;

    /// <summary>What half a block F reads: n(x), or x itself where the norm comes after.</summary>
    /// <param name="x"><c>[rows × d]</c>, float32.</param>
    /// <param name="norm">The weight of n, <c>[d]</c>.</param>
    public Tensor Input(Tensor x, Tensor norm) =>
        c.NormPlacement == NormPlacement.After ? x : TorchMath.RmsNorm(x, norm, c.NormEpsilon);

    /// <summary>What half a block adds to the residual stream: s · n'(y).</summary>
    /// <param name="y">F, <c>[rows × d]</c>.</param>
    /// <param name="norm">The weight of n, <c>[d]</c>.</param>
    /// <param name="outputNorm">That of a norm after F where there are two, <c>[d]</c>.</param>
    public Tensor Added(Tensor y, Tensor norm, Tensor? outputNorm)
    {
        Tensor normalised = c.NormPlacement switch
        {
            NormPlacement.Before => y,
            NormPlacement.After => TorchMath.RmsNorm(y, norm, c.NormEpsilon),
            _ => TorchMath.RmsNorm(y, outputNorm, c.NormEpsilon),
        };
        return c.ResidualScale == 1 ? normalised : normalised.to(torch.float32) * c.ResidualScale;
    }

    /// <summary>Queries or keys of each head, rotated, and normalised by head or all heads together if the model does that.</summary>
    /// <param name="projected"><c>[rows × heads·w]</c>.</param>
    /// <param name="norm">The norm's weight, <c>[w]</c> or <c>[heads·w]</c>; null for none.</param>
    /// <param name="rotate">Rotates <c>[rows × heads × w]</c>.</param>
    /// <returns><c>[rows × heads × w]</c>, float32.</returns>
    public Tensor Heads(Tensor projected, Tensor? norm, Func<Tensor, Tensor> rotate)
    {
        Tensor wide = projected.to(torch.float32);
        bool isAfter = c.QueryKeyNorm == QueryKeyNorm.PerHeadRotated;
        if (norm is not null && !isAfter)
            wide = TorchMath.RmsNorm(wide.reshape(wide.size(0), -1, norm.size(0)), norm, c.NormEpsilon);
        Tensor rotated = rotate(wide.reshape(wide.size(0), -1, c.HeadWidth));
        return isAfter ? TorchMath.RmsNorm(rotated, norm, c.NormEpsilon) : rotated;
    }

    /// <summary>cap · tanh(s x / cap) of logits, float32.</summary>
    public Tensor BoundLogits(Tensor logits)
    {
        Tensor scaled = c.LogitScale == 1 ? logits : logits * c.LogitScale;
        return c.LogitSoftCap is { } cap ? TorchMath.SoftCap(scaled, cap) : scaled;
    }

    /// <summary>act(gate) ⊙ up.</summary>
    public Tensor Activate(Tensor gate, Tensor up) => c.Activation switch
    {
        FeedForwardActivation.GeluTanh => TorchMath.GeluTanhGate(gate, up),
        FeedForwardActivation.ClampedSwiglu => TorchMath.ClampedSwigluGate(gate, up),
        _ => TorchMath.SiluGate(gate, up),
    };
}
