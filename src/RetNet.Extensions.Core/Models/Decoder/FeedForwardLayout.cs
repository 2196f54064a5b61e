using System.Diagnostics.CodeAnalysis;

namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>The weights of a block's feed-forward network: one gated network (<see cref="GatedLayout"/>), or experts
/// (<see cref="ExpertsLayout"/>).</summary>
[Experimental("RETNET001")]
public abstract class FeedForwardLayout
{
    private protected FeedForwardLayout()
    {
    }

    /// <summary>All weights, in the order of <see cref="DecoderLayout.Weights"/>.</summary>
    public abstract IEnumerable<WeightDeclaration> Weights { get; }

    /// <summary>The projections back to the model width, with which a network can be silenced.</summary>
    internal abstract IEnumerable<WeightDeclaration> Outputs { get; }

    /// <summary>Values of the inner layer f.</summary>
    internal abstract int Width { get; }
}
