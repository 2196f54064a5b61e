namespace RetNet.Extensions.Core.Models.Policies;

/// <summary>Keeps every row: an ordinary Transformer with its whole key-value cache (arXiv 2401.06104, section 3.1: an unbounded
/// multi-state RNN).</summary>
/// <remarks>A layer with a sliding window still forgets rows that no later query can see.</remarks>
public sealed class Full : IMultiStatePolicy
{
    private Full()
    {
    }

    /// <summary>The one instance.</summary>
    public static Full Instance { get; } = new();

    /// <inheritdoc/>
    public string Name => "full";

    /// <inheritdoc/>
    public StateSize Size => StateSize.Unbounded;

    /// <inheritdoc/>
    public AttentionNeeds Needs => AttentionNeeds.None;

    /// <inheritdoc/>
    public void Keep(in MultiStateRows rows, Span<bool> keep) => keep.Fill(true);
}
