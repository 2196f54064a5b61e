namespace RetNet.Extensions.Core.Models.Policies;

/// <summary>Keeps the last k rows (arXiv 2401.06104, section 3.3, "Window").</summary>
/// <remarks>No deviation from the paper.</remarks>
/// <param name="size">k.</param>
public sealed class Window(StateSize size) : IMultiStatePolicy
{
    /// <inheritdoc/>
    public string Name => "window";

    /// <inheritdoc/>
    public StateSize Size { get; } = size;

    /// <inheritdoc/>
    public AttentionNeeds Needs => AttentionNeeds.None;

    /// <inheritdoc/>
    public void Keep(in MultiStateRows rows, Span<bool> keep) => keep[^rows.Limit..].Fill(true);
}
