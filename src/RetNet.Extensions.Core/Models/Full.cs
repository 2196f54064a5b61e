namespace RetNet.Extensions.Core.Models;

/// <summary>Keeps every row: an ordinary Transformer with its whole key-value cache (arXiv 2401.06104, section 3.1: an unbounded
/// multi-state RNN).</summary>
/// <remarks>A layer with a sliding window still forgets rows that no later query can see.</remarks>
public sealed record Full : RulePolicy
{
    private Full()
        : base("full", StateSize.Unbounded, new KeepRule(AttentionNeeds.None))
    {
    }

    /// <summary>The one instance.</summary>
    public static Full Instance { get; } = new();
}
