using System.Diagnostics.CodeAnalysis;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>The RMS norm that queries and keys pass, before rotation but where it says otherwise.</summary>
[Experimental("RETNET001")]
public enum QueryKeyNorm
{
    /// <summary>None: Llama.</summary>
    None,

    /// <summary>Each head on its own, with one weight <c>[head width]</c> for all heads: Qwen 3, Gemma 3.</summary>
    PerHead,

    /// <summary>All heads together, with a weight as long as their values: OLMo 2.</summary>
    Whole,

    /// <summary>As <see cref="PerHead"/>, after rotation: Hunyuan.</summary>
    PerHeadRotated,
}
