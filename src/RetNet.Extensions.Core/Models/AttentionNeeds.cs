namespace RetNet.Extensions.Core.Models;

/// <summary>The attention weights that a policy reads.</summary>
[Flags]
public enum AttentionNeeds
{
    /// <summary>None: the policy looks at positions only.</summary>
    None = 0,

    /// <summary>The last query row's softmax weights, averaged over the query heads (TOVA).</summary>
    LastQuery = 1,

    /// <summary>The softmax weights of all query rows so far, averaged over the query heads and summed (H2O).</summary>
    Accumulated = 2,
}
