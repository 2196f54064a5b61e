using System.Diagnostics.CodeAnalysis;

namespace RetNet.Extensions.Core.Models;

/// <summary>A policy that a rule describes. Two are equal if they are of one type and have the same name, size and rule.</summary>
/// <example>TOVA that always keeps the first four tokens:
/// <c>record TovaWithSinks(StateSize Size) : RulePolicy("tova-sinks", Size, new KeepRule(AttentionNeeds.LastQuery, first: 4));</c>
/// </example>
[Experimental("RETNET001")]
public abstract record RulePolicy : IMultiStatePolicy
{
    /// <summary>Creates a policy.</summary>
    /// <param name="name">A short name such as <c>tova</c>.</param>
    /// <param name="size">How many rows a layer keeps after a step.</param>
    /// <param name="rule">Which ones.</param>
    protected RulePolicy(string name, StateSize size, KeepRule rule) => (Name, Size, Rule) = (name, size, rule);

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public StateSize Size { get; }

    /// <summary>Which rows a layer keeps after a step.</summary>
    public KeepRule Rule { get; }

    /// <inheritdoc/>
    public AttentionNeeds Needs => Rule.Score;

    KeepRule? IMultiStatePolicy.Rule => Rule;

    /// <inheritdoc/>
    public void Keep(in MultiStateRows rows, Span<bool> keep) => Rule.Keep(rows, keep);
}
