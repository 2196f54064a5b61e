using RetNet.Extensions.Core.Grammars.JsonSchemas.Documents;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas;

/// <summary>
/// What the members of an object must be, all of it: each member's value as its name asks for, some names present, some members present
/// that need not have a certain name, and so many members.
/// </summary>
internal sealed record ObjectShape
{
    public const int Unbounded = int.MaxValue;

    public static readonly ObjectShape Any = new();

    /// <summary>What values must be by their names.</summary>
    public IReadOnlyList<MemberShapes> Members { get; private init; } = [];

    /// <summary>Names that must be present, with what their values must be besides.</summary>
    public IReadOnlyList<(string Name, SignedSchema? Value)> Required { get; private init; } = [];

    /// <summary>Members that must be present.</summary>
    public IReadOnlyList<MemberObligation> Obligations { get; private init; } = [];

    /// <summary>Names that must be present where others are.</summary>
    public IReadOnlyList<NameDependency> Dependencies { get; private init; } = [];

    public int Minimum { get; private init; }

    public int Maximum { get; private init; } = Unbounded;

    public static ObjectShape OfMembers(MemberShapes members) => new() { Members = [members] };

    private static ObjectShape OfMember(string name, SignedSchema value) => OfMembers(new MemberShapes(new() { [name] = value }, [], null));

    public static ObjectShape OfRequired(IReadOnlyList<string> names) =>
        new() { Required = [.. names.Select(name => (name, (SignedSchema?)null))] };

    public static ObjectShape OfDependencies(IReadOnlyList<NameDependency> dependencies) => new() { Dependencies = dependencies };

    public static ObjectShape OfCount(int minimum, int maximum) => new() { Minimum = minimum, Maximum = maximum };

    /// <summary>An object of exactly these members.</summary>
    /// <param name="values">The members.</param>
    /// <param name="nothing">The schema without a value.</param>
    public static ObjectShape OfValues(OrderedDictionary<string, SignedSchema> values, SignedSchema nothing) =>
        OfMembers(new MemberShapes(values, [], nothing)) with { Required = [.. values.Keys.Select(name => (name, (SignedSchema?)null))] };

    /// <summary>What the values of required names must be besides.</summary>
    public ILookup<string, SignedSchema> RequiredValues() =>
        Required.Where(required => required.Value is not null).ToLookup(required => required.Name, required => required.Value!.Value);

    public ObjectShape And(ObjectShape other) => this == Any ? other : other == Any ? this : new ObjectShape
    {
        Members = [.. Members, .. other.Members.Except(Members)],
        Required = [.. Required, .. other.Required.Except(Required)],
        Obligations = [.. Obligations, .. other.Obligations.Except(Obligations)],
        Dependencies = [.. Dependencies, .. other.Dependencies.Except(Dependencies)],
        Minimum = Math.Max(Minimum, other.Minimum),
        Maximum = Math.Min(Maximum, other.Maximum),
    };

    /// <summary>The shapes of which an object has one where it has not this shape.</summary>
    /// <param name="nothing">The schema without a value.</param>
    public IEnumerable<ObjectShape> Negated(SignedSchema nothing)
    {
        if (Minimum > 0)
            yield return OfCount(0, Minimum - 1);
        if (Maximum < Unbounded)
            yield return OfCount(Maximum + 1, Unbounded);
        foreach ((string name, SignedSchema? value) in Required)
            yield return OfMember(name, value?.Negated ?? nothing);
        foreach (NameDependency dependency in Dependencies)
            yield return OfMember(dependency.Needed, nothing) with { Required = [(dependency.Name, null)] };
        foreach (MemberShapes members in Members)
        {
            foreach ((string name, SignedSchema value) in members.Names.Where(member => !member.Value.IsTrue))
                yield return new ObjectShape { Required = [(name, value.Negated)] };
            for (int i = 0; i < members.Patterns.Count; i++)
            {
                if (!members.Patterns[i].Value.IsTrue)
                    yield return new ObjectShape { Obligations = [new MemberObligation(members, i, members.Patterns[i].Value.Negated)] };
            }

            if (members.Others is { IsTrue: false } others)
                yield return new ObjectShape { Obligations = [new MemberObligation(members, MemberObligation.Other, others.Negated)] };
        }
    }
}

/// <summary>A name that must be present where another is.</summary>
internal sealed record NameDependency(string Name, string Needed, SchemaNode Place);

/// <summary>What the values of an object's members must be.</summary>
/// <param name="Names">By name.</param>
/// <param name="Patterns">By patterns that names match; all that match hold.</param>
/// <param name="Others">Of names that are not among the first two.</param>
internal sealed record MemberShapes(
    OrderedDictionary<string, SignedSchema> Names, IReadOnlyList<(NamePattern Pattern, SignedSchema Value)> Patterns, SignedSchema? Others);

/// <summary>At least one member that some names allow must be present, with a certain value.</summary>
/// <param name="Members">Where the names stand.</param>
/// <param name="Pattern">Which pattern of <paramref name="Members"/> the name matches, or <see cref="Other"/>.</param>
/// <param name="Value">What the value must be.</param>
internal sealed record MemberObligation(MemberShapes Members, int Pattern, SignedSchema Value)
{
    /// <summary>The name is of none of the names and patterns.</summary>
    public const int Other = -1;
}
