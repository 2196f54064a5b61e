namespace RetNet.Extensions.Core.Models;

/// <summary>The three forms of retention (RetNet, section 2.1–2.3): one function, three ways to compute several tokens at once.</summary>
/// <remarks>
/// For checkpoints in fla's dialect the forms agree to rounding. torchscale scales each form differently before the head norm, which
/// shows where activations are as small as the norm's epsilon; each form then follows its own reference. A single token on
/// top of a state is always a recurrent step.
/// </remarks>
public enum RetentionForm
{
    /// <summary>
    /// What token-by-token recurrence gives. Several tokens at once are evaluated in chunks as matrix products with the recurrent
    /// form's scaling, so a prompt leaves the state that single steps would leave, in both dialects.
    /// </summary>
    Recurrent,

    /// <summary>The quadratic form over all tokens of an empty sequence; memory grows with the input.</summary>
    Parallel,

    /// <summary>The chunkwise recurrent form with the reference's scaling of it.</summary>
    Chunkwise,
}
