using System.Diagnostics.CodeAnalysis;

namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>Where a block normalises around its two halves f, attention and feed-forward network.</summary>
[Experimental("RETNET001")]
public enum NormPlacement
{
    /// <summary>x ← x + f(n(x)): Llama.</summary>
    Before,

    /// <summary>x ← x + n(f(x)): OLMo 2.</summary>
    After,

    /// <summary>x ← x + n'(f(n(x))): Gemma 2 and 3.</summary>
    Around,
}
