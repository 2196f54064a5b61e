namespace RetNet.Extensions.Core.Models;

/// <summary>Which rows of a layer's multi-state (its keys and values, one row per kept token) survive a step.</summary>
/// <remarks>
/// <para>
/// A Transformer whose multi-state is held to k rows is a multi-state RNN (arXiv 2401.06104, section 3). The engine asks after the
/// attention output of a step was computed, for each layer on its own, and only when the layer has more than k rows.
/// </para>
/// <para>A policy holds no data of a sequence, so that one instance serves any number of sequences and threads. States are the same after
/// the same tokens if their policies are equal: a class that is compared by value is a record, such as <see cref="RulePolicy"/>.</para>
/// <para>A policy that a <see cref="KeepRule"/> describes derives from <see cref="RulePolicy"/>, and every engine then decides as fast as
/// for the policies of this library. One that computes its choice implements <see cref="Keep"/>.</para>
/// </remarks>
public interface IMultiStatePolicy
{
    /// <summary>A short name such as <c>tova</c>.</summary>
    string Name { get; }

    /// <summary>How many rows a layer keeps after a step.</summary>
    StateSize Size { get; }

    /// <summary>Which attention weights <see cref="Keep"/> reads; what is not asked for is not computed.</summary>
    AttentionNeeds Needs { get; }

    /// <summary>What <see cref="Keep"/> chooses, as data: an engine decides by it where the rows are, for many sequences at once, without a
    /// call. Null, the default, if only <see cref="Keep"/> can tell: on a GPU the host then waits for the attention weights.</summary>
    KeepRule? Rule => null;

    /// <summary>Whether sequences with this policy share a forward with others. An exception in <see cref="Keep"/> spoils all states of a
    /// forward, so the default is true for a policy with a <see cref="Rule"/> only; a policy whose <see cref="Keep"/> never throws may
    /// return true.</summary>
    bool RunsInBatch => Rule is not null;

    /// <summary>Chooses the rows that stay.</summary>
    /// <param name="rows">The rows of one layer, in ascending order of position, more than <see cref="MultiStateRows.Limit"/>.</param>
    /// <param name="keep">One flag per row, all false; set those that stay, at most <see cref="MultiStateRows.Limit"/> of them.</param>
    void Keep(in MultiStateRows rows, Span<bool> keep);
}
