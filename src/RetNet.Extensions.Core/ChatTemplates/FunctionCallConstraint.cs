using System.Diagnostics.CodeAnalysis;
using RetNet.Extensions.Core.Grammars;

namespace RetNet.Extensions.Core.ChatTemplates;

/// <summary>What keeps the calls of an otherwise free answer valid. Use one object for many requests.</summary>
/// <param name="Grammar">The calls.</param>
/// <param name="Trigger">Where they begin; null where the grammar is that of the whole answer, with or without a call.</param>
[Experimental("RETNET001")]
public sealed record FunctionCallConstraint(Grammar Grammar, GrammarTrigger? Trigger)
{
    /// <summary>Functions whose schema cannot be kept, with the reasons: their calls may have any arguments.</summary>
    public IReadOnlyList<string> Unconstrained { get; init; } = [];
}
