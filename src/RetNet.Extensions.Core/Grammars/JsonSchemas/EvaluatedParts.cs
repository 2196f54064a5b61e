using RetNet.Extensions.Core.Grammars.JsonSchemas.Documents;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas;

/// <summary>The members of an object, or the items of an array, that keywords evaluate where some premises hold.</summary>
/// <param name="Premises">What holds of the value.</param>
/// <param name="Names">Members by their names.</param>
/// <param name="Patterns">Members by patterns of their names.</param>
/// <param name="Items">How many of the first items.</param>
/// <param name="Contained">Schemas that evaluate the items which satisfy them.</param>
/// <param name="IsAll">Whether they evaluate all.</param>
internal sealed record EvaluatedParts(
    IReadOnlyList<Premise> Premises, IReadOnlyList<string> Names, IReadOnlyList<NamePattern> Patterns, int Items,
    IReadOnlyList<SchemaNode> Contained, bool IsAll)
{
    public static readonly EvaluatedParts None = new([], [], [], 0, [], false);

    public bool IsNone => !IsAll && Names.Count + Patterns.Count + Items + Contained.Count == 0;

    /// <summary>What both evaluate together, where the premises of both hold.</summary>
    public EvaluatedParts And(EvaluatedParts other) => new(
        [.. Premises.Union(other.Premises)], [.. Names.Union(other.Names)], [.. Patterns.Union(other.Patterns)],
        Math.Max(Items, other.Items), [.. Contained.Union(other.Contained)], IsAll || other.IsAll);

    public EvaluatedParts Where(Premise premise) => this with { Premises = [.. Premises.Append(premise).Distinct()] };

    /// <summary>Whether no less is evaluated on no more premises.</summary>
    public bool Covers(EvaluatedParts other) => IsSubset(Premises, other.Premises)
        && (IsAll || (!other.IsAll && Items >= other.Items && IsSubset(other.Names, Names) && IsSubset(other.Patterns, Patterns)
            && IsSubset(other.Contained, Contained)));

    private static bool IsSubset<T>(IReadOnlyList<T> some, IReadOnlyList<T> all) => some.Count <= all.Count && !some.Except(all).Any();
}

/// <summary>That a schema holds of a value or does not, or that an object has a name.</summary>
/// <param name="Schema">The schema, or where the name is asked for.</param>
/// <param name="Holds">Whether it holds.</param>
/// <param name="Name">The name, where one must be present.</param>
internal sealed record Premise(SchemaNode Schema, bool Holds, string? Name = null);
