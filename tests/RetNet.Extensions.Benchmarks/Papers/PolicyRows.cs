using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.Benchmarks.Papers;

/// <summary>A policy and its k, as a row or a curve names them.</summary>
/// <param name="Name">One of <see cref="MultiStatePolicies.Names"/>, or of a <see cref="HalfwayPolicy"/>.</param>
/// <param name="Rows">k; null for the full cache, and for a RetNet.</param>
internal sealed record PolicyRows(string Name, int? Rows)
{
    /// <summary>Every row stays.</summary>
    public static PolicyRows Full { get; } = new(MultiStatePolicies.Full, null);

    /// <summary>The names of the policies that drop rows, as papers order them.</summary>
    public static IReadOnlyList<string> Bounded { get; } = [.. MultiStatePolicies.Names.Where(name => name != MultiStatePolicies.Full)];

    /// <summary>The options of a state: no text is read whole unless a forward has all of it.</summary>
    public StateOptions Options
    {
        get
        {
            StateSize size = Rows is { } rows ? StateSize.Rows(rows) : StateSize.Unbounded;
            IMultiStatePolicy policy = (IMultiStatePolicy?)HalfwayPolicy.Find(Name, size) ?? MultiStatePolicies.Create(Name, size);
            return new StateOptions { Policy = policy, PromptChunk = 0 };
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Rows is { } rows ? $"{Name}, {rows} rows" : "all rows";
}
