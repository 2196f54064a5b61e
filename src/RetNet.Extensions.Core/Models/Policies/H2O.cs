namespace RetNet.Extensions.Core.Models.Policies;

/// <summary>
/// Heavy-hitter oracle (H2O, arXiv 2306.14048, as run in arXiv 2401.06104, section 3.3): keeps the last ⌊k/2⌋ rows, and of the rest
/// those with the highest accumulated attention.
/// </summary>
/// <remarks>
/// The accumulated attention of a row is the sum, over all query rows since it came (those of the prompt included), of its softmax
/// weight averaged over the query heads; it travels with the row. Deviation from the H2O paper: one set of rows for all heads of a
/// layer, as the TOVA paper's comparison has it, instead of one set per head. Of equal scores the older row stays.
/// On a device other than the CPU the rows are chosen there; in layers with a sliding window the host chooses, and waits for the scores.
/// </remarks>
public sealed record H2O : RulePolicy
{
    /// <summary>Creates the policy.</summary>
    /// <param name="size">k.</param>
    public H2O(StateSize size)
        : base("h2o", size, new KeepRule(AttentionNeeds.Accumulated, newestShare: 0.5))
    {
    }
}
