using System.Diagnostics.CodeAnalysis;

namespace RetNet.Extensions.Core.Models.RetNet;

/// <summary>Activation of the feed-forward network's gated branch.</summary>
[Experimental("RETNET001")]
public enum RetNetActivation
{
    /// <summary>x · sigmoid(x), also called SiLU.</summary>
    Swish,

    /// <summary>x · Φ(x), exact by the error function.</summary>
    Gelu,

    /// <summary>max(x, 0).</summary>
    Relu,
}
