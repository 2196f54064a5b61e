namespace RetNet.Extensions.Core.Models;

/// <summary>What a forward computes from the last layer's output.</summary>
public enum ForwardOutput
{
    /// <summary>The logits after the last token of each sequence: <c>[sequences × vocabulary]</c>.</summary>
    LastLogits,

    /// <summary>The logits after every token: <c>[tokens × vocabulary]</c>.</summary>
    AllLogits,

    /// <summary>The normalised hidden state of every token, what the language-model head reads: <c>[tokens × width]</c>.</summary>
    AllHidden,
}
