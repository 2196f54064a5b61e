using System.Diagnostics.CodeAnalysis;

namespace RetNet.Extensions.Core.Models.RetNet;

/// <summary>The two implementations of RetNet whose checkpoints are read. They differ in rotary embedding, scaling and tensor
/// names.</summary>
[Experimental("RETNET001")]
public enum RetNetDialect
{
    /// <summary>flash-linear-attention: half-split rotary embedding, plain decay.</summary>
    Fla,

    /// <summary>torchscale, the paper authors' library: interleaved rotary embedding, normalised decay.</summary>
    TorchScale,
}
