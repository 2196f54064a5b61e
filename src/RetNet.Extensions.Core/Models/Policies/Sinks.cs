namespace RetNet.Extensions.Core.Models.Policies;

/// <summary>
/// Keeps the first i tokens of the sequence and the last k − i rows (arXiv 2401.06104, section 3.3, "Window+i"; with i = 4 the
/// attention sinks of StreamingLLM, arXiv 2309.17453).
/// </summary>
/// <remarks>
/// Deviation from StreamingLLM: keys keep the rotary angle of their true position, as in the TOVA paper's runs; StreamingLLM
/// re-rotates them to their place in the cache. Where i ≥ k, the first k tokens stay. In a layer whose sliding window has left the first
/// tokens, the i oldest rows that are there stay in their place, as in the reference.
/// </remarks>
public sealed record Sinks : RulePolicy
{
    /// <summary>Creates the policy.</summary>
    /// <param name="sinks">i, how many of the first tokens always stay.</param>
    /// <param name="size">k, the sinks included.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number of sinks is negative.</exception>
    public Sinks(int sinks, StateSize size)
        : base("sinks", size, new KeepRule(AttentionNeeds.None, first: sinks >= 0
            ? sinks
            : throw new ArgumentOutOfRangeException(nameof(sinks), sinks, "The number of sinks must be 0 or more.")))
    {
    }

    /// <summary>i, how many of the first tokens always stay.</summary>
    public int First => Rule.First;
}
