using System.Numerics;
using RetNet.Extensions.Core.Grammars.Expressions;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas;

/// <summary>How objects of one shape are written: which names there are, in which order, and what their values are.</summary>
internal sealed class ObjectPlan
{
    private const int MostClasses = 256;
    private const int MostObligations = 12;
    private const int MostOnlyNames = 256;
    private const int MostDependencies = 1_000;

    private readonly ShapeSpace _space;
    private readonly ObjectShape _shape;
    private IReadOnlyList<OtherNames>? _others;

    public ObjectPlan(ShapeSpace space, ObjectShape shape)
    {
        _space = space;
        _shape = shape;
        if (shape.Obligations.Count > MostObligations)
            throw new GrammarException(shape.Obligations[0].Value.Schema.Place.Pointer, "too many exclusions of one object");
        HashSet<string> required = [.. shape.Required.Select(member => member.Name)];
        string[] names = [.. shape.Members.Concat(shape.Obligations.Select(obligation => obligation.Members))
            .SelectMany(members => members.Names.Keys).Concat(required).Concat(OnlyNames(space, shape))
            .Concat(shape.Dependencies.SelectMany(dependency => (string[])[dependency.Name, dependency.Needed])).Distinct()];
        if (shape.Dependencies.Count > 0)
        {
            if (shape.Obligations.Count > 0 || shape.Dependencies.Count > MostDependencies)
                throw shape.Dependencies[0].Place.Refuse("too many dependencies, or dependencies beside exclusions of one object");
            Needs = new NeededNames(names, shape.Dependencies);
            BigInteger all = Needs.With(BitsOf(names, required.Contains));
            required = [.. names.Where((_, place) => !(all >> place).IsEven)];
        }

        ILookup<string, SignedSchema> values = shape.RequiredValues();
        Names = [.. names.Select(name => new PlannedName(name, space.Of(values[name].Concat(ValuesOf(space, shape, name))),
            required.Contains(name), Met(name)))];
        Required = BitsOf(names, required.Contains);
        NamesMembers = shape.Required.Count > 0 || shape.Members.Any(members => !members.Names.Values.All(value => value.IsFalse)
            || members.Names.Count == 0);
        SpeaksOfOthers = shape.Members.Any(members => members.Others is not null || members.Patterns.Count > 0);
    }

    /// <summary>Whether the schema names members that there may be, or says that there are none to name.</summary>
    public bool NamesMembers { get; }

    /// <summary>Whether the schema speaks of names that it does not know.</summary>
    public bool SpeaksOfOthers { get; }

    /// <summary>The names that must be present: a bit for each.</summary>
    public BigInteger Required { get; }

    /// <summary>Which names must be present where others are; null where none must.</summary>
    public NeededNames? Needs { get; }

    /// <summary>The names that the schema knows, in its order.</summary>
    public IReadOnlyList<PlannedName> Names { get; }

    /// <summary>The names that it does not know, by what their values must be.</summary>
    public IReadOnlyList<OtherNames> Others => _others ??= PlanOthers();

    public int Minimum => _shape.Minimum;

    public int Maximum => _shape.Maximum;

    /// <summary>A bit for each member that must be present without a certain name.</summary>
    public int AllObligations => (1 << _shape.Obligations.Count) - 1;

    /// <summary>What the value of a member must be where it also meets obligations.</summary>
    /// <param name="value">What it must be otherwise.</param>
    /// <param name="obligations">A bit for each.</param>
    public Shape Meeting(Shape value, int obligations) => obligations == 0 ? value
        : _space.Of([.. value.Parts, .. _shape.Obligations.Where((_, index) => (obligations >> index & 1) != 0)
            .Select(obligation => obligation.Value)]);

    /// <summary>The obligations out of some that a member with a value may meet together: sets of bits, the empty one among them.</summary>
    public static IEnumerable<int> SubsetsOf(int obligations)
    {
        for (int subset = obligations; ; subset = (subset - 1) & obligations)
        {
            yield return subset;
            if (subset == 0)
                yield break;
        }
    }

    /// <summary>What the members of a shape say about the value of a name.</summary>
    public static IEnumerable<SignedSchema> ValuesOf(ShapeSpace space, ObjectShape shape, string name)
    {
        foreach (MemberShapes members in shape.Members)
        {
            space.Work(members.Patterns.Count);
            bool isKnown = members.Names.TryGetValue(name, out SignedSchema named);
            if (isKnown)
                yield return named;
            foreach ((NamePattern pattern, SignedSchema value) in members.Patterns)
            {
                if (!space.Strings.Contains(pattern.Names(space.Strings), name))
                    continue;
                isKnown = true;
                yield return value;
            }

            if (!isKnown && members.Others is { } others)
                yield return others;
        }
    }

    /// <summary>Whether objects have a text.</summary>
    /// <param name="hasValue">Whether a shape has a value.</param>
    public bool HasText(Func<Shape, bool> hasValue)
    {
        int required = Names.Count(name => name.IsRequired);
        if (!Names.Where(name => name.IsRequired).All(name => hasValue(name.Value)) || required > Maximum)
            return false;
        bool needsMore = Minimum > required || AllObligations != 0;
        if (!needsMore)
            return true;
        if (!Others.Any(other => hasValue(other.Value)))
        {
            if (Needs is not null)
                throw _shape.Dependencies[0].Place.Refuse("not supported beside minProperties where no other names are allowed");
            if (Names.Count(name => hasValue(name.Value)) < Minimum)
                return false;
        }

        return AllObligations == 0 || Needed(0, AllObligations, hasValue, []) <= Maximum;
    }

    /// <summary>How many members are needed at least from a place in the order on.</summary>
    /// <param name="from">The first name that may still come.</param>
    /// <param name="obligations">What must still be met.</param>
    /// <param name="hasValue">Whether a shape has a value.</param>
    /// <param name="known">What is known already with the same names written, and is added to.</param>
    /// <param name="isWritten">Names that are written already, if they come in any order.</param>
    /// <returns>More than any maximum, if it cannot be met.</returns>
    public long Needed(int from, int obligations, Func<Shape, bool> hasValue, Dictionary<(int Name, int Obligations), long> known,
        BigInteger isWritten = default)
    {
        return Count(from, obligations);

        long Count(int at, int left)
        {
            Guard.Stack();
            if (left == 0)
                return Names.Skip(at).Where((name, index) => name.IsRequired && !IsWritten(at + index)).Count();
            if (known.TryGetValue((at, left), out long count))
                return count;
            if (at == Names.Count)
            {
                count = (long)int.MaxValue + 1;
                foreach (OtherNames other in Others)
                {
                    foreach (int met in SubsetsOf(left & other.Met).Where(met => met != 0 && hasValue(Meeting(other.Value, met))))
                        count = Math.Min(count, 1 + Count(at, left & ~met));
                }
            }
            else
            {
                PlannedName name = Names[at];
                count = name.IsRequired && !IsWritten(at) ? (long)int.MaxValue + 1 : Count(at + 1, left);
                if (!IsWritten(at))
                {
                    foreach (int met in SubsetsOf(left & name.Met).Where(met => hasValue(Meeting(name.Value, met))))
                        count = Math.Min(count, 1 + Count(at + 1, left & ~met));
                }
            }

            known[(at, left)] = count;
            return count;
        }

        bool IsWritten(int name) => !(isWritten >> name).IsEven;
    }

    // The names that an object may have where a schema of names lists them, so that each is written once at most.
    private static IEnumerable<string> OnlyNames(ShapeSpace space, ObjectShape shape) => shape.Members
        .SelectMany(members => members.Patterns).Where(pattern => pattern.Value.IsFalse)
        .Select(pattern => pattern.Pattern.FewOthers(space.Strings)).FirstOrDefault(names => names?.Count <= MostOnlyNames)
        ?? Enumerable.Empty<string>();

    private static BigInteger BitsOf(string[] names, Func<string, bool> isSet) =>
        names.Index().Aggregate(BigInteger.Zero, (bits, name) => isSet(name.Item) ? bits | BigInteger.One << name.Index : bits);

    private int Met(string name) => ObligationsWhere(obligation =>
    {
        MemberShapes members = obligation.Members;
        return obligation.Pattern == MemberObligation.Other
            ? !members.Names.ContainsKey(name) && !members.Patterns.Any(pattern => Matches(pattern.Pattern))
            : Matches(members.Patterns[obligation.Pattern].Pattern);

        bool Matches(NamePattern pattern) => _space.Strings.Contains(pattern.Names(_space.Strings), name);
    });

    private int ObligationsWhere(Func<MemberObligation, bool> isMet)
    {
        int met = 0;
        for (int i = 0; i < _shape.Obligations.Count; i++)
            met |= isMet(_shape.Obligations[i]) ? 1 << i : 0;
        return met;
    }

    /// <summary>The other names fall into classes by the patterns that they match.</summary>
    private List<OtherNames> PlanOthers()
    {
        StringAlgebra strings = _space.Strings;
        NamePattern[] patterns = [.. _shape.Members.Concat(_shape.Obligations.Select(obligation => obligation.Members))
            .SelectMany(members => members.Patterns).Select(pattern => pattern.Pattern).Distinct()];
        // Without patterns all others are alike, and often they are forbidden.
        if (patterns.Length == 0 && _space.Of(ValuesOfOthers([])).Parts is [{ IsFalse: true }])
            return [];
        StringSet unknown = strings.Not(StringSet.Of([.. Names.Select(name => name.Name)]));
        List<(StringSet Names, HashSet<NamePattern> Matched)> classes = [(unknown, [])];
        foreach (NamePattern pattern in patterns)
        {
            List<(StringSet Names, HashSet<NamePattern> Matched)> split = [];
            StringSet matching = pattern.Names(strings), others = strings.Not(matching);
            foreach ((StringSet names, HashSet<NamePattern> matched) in classes)
            {
                StringSet inside = strings.And(names, matching), outside = strings.And(names, others);
                if (strings.HasMember(inside))
                    split.Add((inside, [.. matched, pattern]));
                if (strings.HasMember(outside))
                    split.Add((outside, matched));
            }

            classes = split;
            if (classes.Count > MostClasses)
                throw new GrammarException("", "the patterns of an object's names overlap in too many ways");
        }

        return [.. classes.Select(found => new OtherNames(found.Names, _space.Of(ValuesOfOthers(found.Matched)),
            ObligationsWhere(obligation =>
            obligation.Pattern == MemberObligation.Other ? !obligation.Members.Patterns.Any(
                pattern => found.Matched.Contains(pattern.Pattern))
                : found.Matched.Contains(obligation.Members.Patterns[obligation.Pattern].Pattern))))
            .Where(others => others.Value.Parts is not [{ IsFalse: true }])];
    }

    private IEnumerable<SignedSchema> ValuesOfOthers(HashSet<NamePattern> matched)
    {
        foreach (MemberShapes members in _shape.Members)
        {
            bool isKnown = false;
            foreach ((NamePattern pattern, SignedSchema value) in members.Patterns)
            {
                if (!matched.Contains(pattern))
                    continue;
                isKnown = true;
                yield return value;
            }

            if (!isKnown && members.Others is { } others)
                yield return others;
        }
    }
}

/// <summary>A name that a schema knows.</summary>
/// <param name="Name">The name.</param>
/// <param name="Value">What its value must be.</param>
/// <param name="IsRequired">Whether it must be present.</param>
/// <param name="Met">The obligations that it may meet, a bit for each.</param>
internal sealed record PlannedName(string Name, Shape Value, bool IsRequired, int Met);

/// <summary>Names that a schema does not know.</summary>
/// <param name="Names">The names.</param>
/// <param name="Value">What their values must be.</param>
/// <param name="Met">The obligations that they may meet, a bit for each.</param>
internal sealed record OtherNames(StringSet Names, Shape Value, int Met);
