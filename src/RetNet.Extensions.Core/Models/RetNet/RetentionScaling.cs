using System.Diagnostics.CodeAnalysis;

namespace RetNet.Extensions.Core.Models.RetNet;

/// <summary>The divisor that each form of retention applies to its rows before the head norm; s_n = Σ_{j≤n} γ^j.</summary>
/// <remarks>With a head norm without epsilon they all cancel.</remarks>
[Experimental("RETNET001")]
public enum RetentionScaling
{
    /// <summary>fla, every form: nothing.</summary>
    None,

    /// <summary>torchscale, recurrent: √s_n.</summary>
    Recurrent,

    /// <summary>torchscale, parallel: √s_n · clamp(Σ_m |a_nm|, 1, 5·10⁴), a being the masked scores over √s_n.</summary>
    TorchScaleParallel,

    /// <summary>torchscale, chunkwise: √s_i with i counted inside the chunk, times the larger of Σ_j |a_ij|, the scale of the state, and
    /// 1.</summary>
    TorchScaleChunkwise,
}
