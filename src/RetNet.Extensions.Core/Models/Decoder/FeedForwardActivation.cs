using System.Diagnostics.CodeAnalysis;

namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>act in W_down ( act(W_gate x) ⊙ W_up x ), the feed-forward network of a block.</summary>
[Experimental("RETNET001")]
public enum FeedForwardActivation
{
    /// <summary>x · sigmoid(x).</summary>
    Silu,

    /// <summary>x · (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2: Gemma's approximation of gelu.</summary>
    GeluTanh,

    /// <summary>gpt-oss: g · sigmoid(1.702 g) ⊙ (u + 1), where the gate g is at most 7 and u from −7 to 7.</summary>
    ClampedSwiglu,
}
