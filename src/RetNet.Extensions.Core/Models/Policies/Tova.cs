namespace RetNet.Extensions.Core.Models.Policies;

/// <summary>
/// Token omission via attention (TOVA, arXiv 2401.06104, section 3.2): keeps the k rows to which the last query of the step attends
/// most, averaged over the query heads.
/// </summary>
/// <remarks>
/// <see cref="KeepRule"/> says which row goes.
/// As in the authors' implementation, nothing protects the newest token or the first ones; each layer keeps its own set; a prompt is
/// attended whole and cut once unless it is fed in pieces. Deviations: the softmax weights are averaged in float32 whatever the
/// weights' format (the authors cast them to the query's type first); of equal weights the older row stays (theirs is unspecified).
/// On a device other than the CPU the rows are chosen there; in layers with a sliding window the host chooses, and waits for the weights.
/// </remarks>
public sealed record Tova : RulePolicy
{
    /// <summary>Creates the policy.</summary>
    /// <param name="size">k.</param>
    public Tova(StateSize size)
        : base("tova", size, new KeepRule(AttentionNeeds.LastQuery))
    {
    }
}
