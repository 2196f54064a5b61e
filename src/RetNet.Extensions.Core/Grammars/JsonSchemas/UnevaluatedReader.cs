using System.Text.Json;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.JsonSchemas.Documents;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas;

/// <summary>
/// Reads <c>unevaluatedProperties</c> or <c>unevaluatedItems</c>: which members or items the other keywords of a schema evaluate depends on
/// which of its alternatives hold. So there is a case for each combination of alternatives, and one of the cases must hold. A case need not
/// say that the other alternatives fail: where they hold too, more is evaluated, and less is asked for.
/// </summary>
internal sealed class UnevaluatedReader(SchemaReader schemas, KeywordReader keywords, SchemaDialect dialect, bool ofItems)
{
    private const int MostCases = 128;

    private readonly HashSet<SchemaNode> _open = [];

    /// <summary>The condition of the keyword.</summary>
    /// <param name="value">Its value.</param>
    /// <param name="place">The schema that has it.</param>
    /// <exception cref="GrammarException">There are too many cases.</exception>
    public Condition Read(SchemaNode value, SchemaNode place) => new Condition.AnyOf(
        [.. Cases(place, value).Select(one => Condition.And([.. one.Premises.Select(ConditionOf), Rest(one, value)]))], value);

    private List<EvaluatedParts> Cases(SchemaNode place, SchemaNode keyword)
    {
        Guard.Stack();
        // A schema that leads back to itself evaluates nothing more.
        if (place.Kind != JsonValueKind.Object || !_open.Add(place))
            return [EvaluatedParts.None];
        List<EvaluatedParts> cases = [Own(place, keyword)];
        foreach ((string name, SchemaNode value) in place.Members)
            cases = Both(cases, Inner(name, value, place, keyword), keyword);
        _open.Remove(place);
        return cases;
    }

    /// <summary>What the schemas of a keyword evaluate that hold of the same value.</summary>
    private List<EvaluatedParts> Inner(string name, SchemaNode value, SchemaNode place, SchemaNode keyword)
    {
        switch (name)
        {
            case "$ref" or "$dynamicRef" or "$recursiveRef":
                return Cases(schemas.Target(name, value), keyword);
            case "allOf":
                return value.Items.Aggregate(Nothing(), (all, item) => Both(all, Cases(item, keyword), keyword));
            case "anyOf":
                return Choice(value.Items.Aggregate(new List<EvaluatedParts>(), (any, item) =>
                {
                    List<EvaluatedParts> own = Where(item, keyword);
                    return Reduce([.. any, .. own, .. Both(any, own, keyword)], keyword);
                }));
            case "oneOf":
                return Choice([.. value.Items.SelectMany(item => Where(item, keyword))]);
            case "if":
                List<EvaluatedParts> then = place.Member("then") is { } consequence ? Cases(consequence, keyword) : Nothing();
                List<EvaluatedParts> otherwise = place.Member("else") is { } other ? Cases(other, keyword) : Nothing();
                return Choice([.. Both(Where(value, keyword), then, keyword),
                    .. otherwise.Select(one => one.Where(new Premise(value, Holds: false)))]);
            case "dependentSchemas":
                return value.Members.Aggregate(Nothing(), (all, member) => Both(all, Choice([EvaluatedParts.None,
                    .. Cases(member.Value, keyword).Select(one => one.Where(new Premise(member.Value, true, member.Key)))]), keyword));
            default:
                return Nothing();
        }
    }

    private List<EvaluatedParts> Where(SchemaNode schema, SchemaNode keyword) =>
        [.. Cases(schema, keyword).Select(one => one.Where(new Premise(schema, Holds: true)))];

    /// <summary>What keywords evaluate of which the schema itself has the schemas of the members or items.</summary>
    private EvaluatedParts Own(SchemaNode place, SchemaNode keyword)
    {
        string name = ofItems ? "unevaluatedItems" : "unevaluatedProperties";
        bool isAll = place.Member(name) is { } inner && inner != keyword;
        if (!ofItems)
        {
            return EvaluatedParts.None with
            {
                Names = [.. (place.Member("properties")?.Members ?? []).Select(member => member.Key)],
                Patterns =
                    [.. (place.Member("patternProperties")?.Members ?? []).Select(member => keywords.Pattern(member.Key, member.Value))],
                IsAll = isAll || place.Member("additionalProperties") is not null,
            };
        }

        SchemaNode? items = place.Member("items");
        bool isPrefix = items is { Kind: JsonValueKind.Array } && dialect != SchemaDialect.Draft2020;
        SchemaNode? prefix = isPrefix ? items : dialect >= SchemaDialect.Draft2020 ? place.Member("prefixItems") : null;
        return EvaluatedParts.None with
        {
            Items = prefix?.Items.Count ?? 0,
            Contained = dialect >= SchemaDialect.Draft2020 && place.Member("contains") is { } contained ? [contained] : [],
            IsAll = isAll || (isPrefix ? place.Member("additionalItems") : items) is not null,
        };
    }

    /// <summary>What must be of the members or items that are not evaluated.</summary>
    private Condition Rest(EvaluatedParts evaluated, SchemaNode value)
    {
        if (evaluated.IsAll)
            return Condition.True;
        if (ofItems)
        {
            SignedSchema rest = new(evaluated.Contained.Count == 0 ? schemas.SchemaAt(value)
                : schemas.AnyOf([value, .. evaluated.Contained], value), true);
            return new Condition.Array(ArrayShape.OfItems([], evaluated.Items, rest));
        }

        SignedSchema anything = new(schemas.Nothing(value), false);
        OrderedDictionary<string, SignedSchema> names = [];
        foreach (string name in evaluated.Names)
            names.Add(name, anything);
        return new Condition.Object(ObjectShape.OfMembers(new MemberShapes(
            names, [.. evaluated.Patterns.Select(pattern => (pattern, anything))], new SignedSchema(schemas.SchemaAt(value), true))));
    }

    private Condition ConditionOf(Premise premise) => premise.Name is { } name
        ? new Condition.AllOf([new Condition.Types(JsonTypes.Object, false), new Condition.Object(ObjectShape.OfRequired([name]))])
        : premise.Holds ? schemas.Same(premise.Schema) : new Condition.Not(schemas.Same(premise.Schema));

    private static List<EvaluatedParts> Nothing() => [EvaluatedParts.None];

    /// <summary>Alternatives of which one holds; where none evaluates anything, it does not matter which.</summary>
    private static List<EvaluatedParts> Choice(List<EvaluatedParts> cases) => cases.All(one => one.IsNone) ? Nothing() : cases;

    private static List<EvaluatedParts> Both(List<EvaluatedParts> some, List<EvaluatedParts> others, SchemaNode keyword) =>
        others is [{ IsNone: true, Premises.Count: 0 }] ? some
        : Reduce([.. some.SelectMany(one => others.Select(one.And))], keyword);

    private static List<EvaluatedParts> Reduce(List<EvaluatedParts> cases, SchemaNode keyword)
    {
        List<EvaluatedParts> needed = [];
        foreach (EvaluatedParts one in cases)
        {
            if (needed.Exists(known => known.Covers(one)))
                continue;
            needed.RemoveAll(one.Covers);
            needed.Add(one);
            if (needed.Count > MostCases)
                throw keyword.Refuse("what is evaluated depends on too many combinations of alternatives");
        }

        return needed;
    }
}
