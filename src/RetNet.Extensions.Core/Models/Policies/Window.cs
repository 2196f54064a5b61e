namespace RetNet.Extensions.Core.Models.Policies;

/// <summary>Keeps the last k rows (arXiv 2401.06104, section 3.3, "Window").</summary>
/// <remarks>No deviation from the paper.</remarks>
public sealed record Window : RulePolicy
{
    /// <summary>Creates the policy.</summary>
    /// <param name="size">k.</param>
    public Window(StateSize size)
        : base("window", size, new KeepRule(AttentionNeeds.None))
    {
    }
}
