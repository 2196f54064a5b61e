using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Generation;

/// <summary>One text to generate.</summary>
/// <param name="Prompt">The tokens to start from, at least one.</param>
/// <param name="Options">How the text is generated; null for the defaults.</param>
/// <param name="State">
/// The state that the prompt continues. It stays the caller's, and has seen all but the last generated token afterwards, or all but the
/// last ones where a grammar forced them: <see cref="SequenceState.Position"/> counts what it has seen. Null, the default, starts with an
/// empty state that is released with the generation.
/// </param>
public sealed record GenerationRequest(ReadOnlyMemory<int> Prompt, GenerationOptions? Options = null, SequenceState? State = null)
{
    /// <summary>The tokens that <see cref="State"/> has seen already; the repetition penalty counts them as part of the prompt. Default:
    /// none.</summary>
    public ReadOnlyMemory<int> Context { get; init; }

    /// <summary>
    /// The number of first tokens of <see cref="Prompt"/> that other requests probably share, such as a system prompt. A
    /// <c>BatchScheduler</c> keeps the state after them and forks it for later prompts with the same beginning. Default 0: none.
    /// </summary>
    public int PrefixLength { get; init; }

    /// <summary>
    /// Whose conversation it is: a <c>BatchScheduler</c> keeps the state after the text as long as its budget allows, and a later
    /// request with the same object whose prompt begins with everything that the state has seen goes on from it instead of reading that
    /// again. Compared by reference; <c>BatchScheduler.Forget</c> releases the states. Default null: nothing is kept or continued.
    /// </summary>
    /// <remarks>The text is the one that reading the whole prompt gives. Where a policy has dropped rows of a Transformer's cache while the
    /// text was generated, reading it again would drop others, so that the state after it is not kept; see
    /// <see cref="KeepPrompt"/>. Nor is it where the rotary frequencies have changed with the text's length, and a state with the
    /// frequencies of shorter texts is not continued by longer ones.</remarks>
    public object? KeepFor { get; init; }

    /// <summary>
    /// Whether with <see cref="KeepFor"/> the state after the prompt is kept, too: for other continuations of the same prompt, for an
    /// answer that comes back in other tokens, and for policies that drop rows, under which it is the state before the cut at the prompt's
    /// end. Default false.
    /// </summary>
    public bool KeepPrompt { get; init; }

    /// <summary>Whether a <c>BatchScheduler</c> keeps the state for <c>ScheduledGeneration.TakeState</c>. Default false: it
    /// is released at the end.</summary>
    public bool KeepState { get; init; }
}
