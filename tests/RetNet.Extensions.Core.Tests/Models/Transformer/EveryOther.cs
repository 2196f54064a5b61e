using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Tests.Models.Transformer;

/// <summary>Drops half of the rows at once: a policy that is no rule.</summary>
internal sealed record EveryOther(int Rows) : IMultiStatePolicy
{
    public string Name => "every-other";

    public StateSize Size => Rows;

    public AttentionNeeds Needs => AttentionNeeds.LastQuery | AttentionNeeds.Accumulated;

    public void Keep(in MultiStateRows rows, Span<bool> keep)
    {
        for (int i = 0; i < keep.Length && i < 2 * Rows; i += 2)
            keep[i] = true;
    }
}
