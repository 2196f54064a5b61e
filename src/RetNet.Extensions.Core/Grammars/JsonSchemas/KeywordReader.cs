using System.Text.Json;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.JsonSchemas.Documents;
using RetNet.Extensions.Core.Grammars.JsonSchemas.Languages;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas;

/// <summary>Reads one keyword of a schema, as its draft means it.</summary>
internal sealed class KeywordReader(SchemaReader schemas, SchemaDialect dialect)
{
    private const int MostNames = 2_000;
    private const int FewDependencies = 8;

    private readonly Dictionary<string, NamePattern> _patterns = [];

    /// <summary>The condition of a keyword; true for those that say nothing about values.</summary>
    /// <param name="keyword">Its name.</param>
    /// <param name="value">Its value.</param>
    /// <param name="place">The schema, whose other keywords it may need.</param>
    /// <exception cref="GrammarException">The keyword is malformed or not supported.</exception>
    public Condition Read(string keyword, SchemaNode value, SchemaNode place)
    {
        Condition? condition = ReadAnyType(keyword, value, place);
        condition ??= ReadScalars(keyword, value, place);
        condition ??= ReadArrays(keyword, value, place);
        condition ??= ReadObjects(keyword, value, place);
        return condition ?? Condition.True;
    }

    private Condition? ReadAnyType(string keyword, SchemaNode value, SchemaNode place) => keyword switch
    {
        "type" => ReadTypes(value),
        "enum" => new Condition.Values(Items(value)),
        "const" when dialect >= SchemaDialect.Draft6 => new Condition.Values([value]),
        "allOf" => new Condition.AllOf([.. Items(value).Select(schemas.Same)]),
        "anyOf" => new Condition.AnyOf([.. Items(value).Select(schemas.Same)], value),
        "oneOf" => new Condition.OneOf([.. Items(value).Select(schemas.Same)], value),
        "not" => new Condition.Not(schemas.Same(value)),
        "if" when dialect >= SchemaDialect.Draft7 => ReadIf(value, place),
        "unevaluatedProperties" or "unevaluatedItems" when dialect >= SchemaDialect.Draft2019 && value.Kind != JsonValueKind.True =>
            new UnevaluatedReader(schemas, this, dialect, ofItems: keyword == "unevaluatedItems").Read(value, place),
        _ => null,
    };

    private Condition? ReadScalars(string keyword, SchemaNode value, SchemaNode place)
    {
        switch (keyword)
        {
            case "minLength":
                int minimum = Count(value);
                return new Condition.Text(value, strings => strings.Syntax.Text.Length(minimum));
            case "maxLength":
                int maximum = Count(value);
                return new Condition.Text(value, strings => strings.Syntax.Text.Length(0, maximum));
            case "pattern":
                string pattern = Text(value);
                return new Condition.Text(value, strings => strings.Search(pattern));
            case "format" when value.Kind == JsonValueKind.String:
                return ReadFormat(value);
            case "minimum":
                DecimalText least = Decimal(value);
                bool isAbove = place.Member("exclusiveMinimum")?.Kind == JsonValueKind.True;
                return new Condition.Number(value, numbers => numbers.AtLeast(least, isAbove));
            case "exclusiveMinimum" when value.Kind is not (JsonValueKind.True or JsonValueKind.False):
                DecimalText below = Decimal(value);
                return new Condition.Number(value, numbers => numbers.AtLeast(below, true));
            case "maximum":
                DecimalText most = Decimal(value);
                bool isBelow = place.Member("exclusiveMaximum")?.Kind == JsonValueKind.True;
                return new Condition.Number(value, numbers => numbers.AtMost(most, isBelow));
            case "exclusiveMaximum" when value.Kind is not (JsonValueKind.True or JsonValueKind.False):
                DecimalText above = Decimal(value);
                return new Condition.Number(value, numbers => numbers.AtMost(above, true));
            case "multipleOf":
                DecimalText divisor = Decimal(value);
                return new Condition.Number(value, numbers => numbers.Multiples(divisor, value));
            default:
                return null;
        }
    }

    private Condition? ReadArrays(string keyword, SchemaNode value, SchemaNode place)
    {
        switch (keyword)
        {
            case "prefixItems" when dialect >= SchemaDialect.Draft2020:
                return Prefix(value);
            case "items" when value.Kind == JsonValueKind.Array && dialect != SchemaDialect.Draft2020:
                return Prefix(value);
            case "items":
                int first = dialect >= SchemaDialect.Draft2020 ? place.Member("prefixItems")?.Items.Count ?? 0 : 0;
                return new Condition.Array(ArrayShape.OfItems([], first, Signed(value)));
            case "additionalItems" when place.Member("items") is { Kind: JsonValueKind.Array } prefix && dialect != SchemaDialect.Draft2020:
                return new Condition.Array(ArrayShape.OfItems([], prefix.Items.Count, Signed(value)));
            case "contains" when dialect >= SchemaDialect.Draft6:
                bool isCounted = dialect >= SchemaDialect.Draft2019;
                int least = isCounted && place.Member("minContains") is { } minimum ? Count(minimum) : 1;
                int? most = isCounted && place.Member("maxContains") is { } maximum ? Count(maximum) : null;
                return new Condition.Array(ArrayShape.OfCount(new ItemCount(0, Signed(value), least, most ?? ArrayShape.Unbounded, value)));
            case "minItems":
                return new Condition.Array(ArrayShape.OfLength(Count(value), ArrayShape.Unbounded));
            case "maxItems":
                return new Condition.Array(ArrayShape.OfLength(0, Count(value)));
            case "uniqueItems" when value.Kind == JsonValueKind.True:
                return new Condition.Array(ArrayShape.OfUnique(value));
            default:
                return null;
        }
    }

    private Condition? ReadObjects(string keyword, SchemaNode value, SchemaNode place)
    {
        switch (keyword)
        {
            case "properties":
            case "patternProperties" when place.Member("properties") is null:
            case "additionalProperties" when place.Member("properties") is null && place.Member("patternProperties") is null:
                return new Condition.Object(ObjectShape.OfMembers(Members(place)));
            case "propertyNames" when dialect >= SchemaDialect.Draft6:
                NamePattern excluded = new(value, Signed(value).Negated);
                return new Condition.Object(ObjectShape.OfMembers(new MemberShapes([], [(excluded, No(value))], null)));
            case "required":
                return new Condition.Object(ObjectShape.OfRequired([.. Names(value)]));
            case "minProperties":
                return new Condition.Object(ObjectShape.OfCount(Count(value), ObjectShape.Unbounded));
            case "maxProperties":
                return new Condition.Object(ObjectShape.OfCount(0, Count(value)));
            case "dependentRequired" or "dependentSchemas" when dialect >= SchemaDialect.Draft2019:
            case "dependencies" when dialect is <= SchemaDialect.Draft7 or SchemaDialect.Unspecified:
                // A few are alternatives, which all other keywords go with; many would be too many combinations.
                bool areMany = Fields(value).Count(member => AreNames(member.Value)) > FewDependencies;
                return new Condition.AllOf([.. Fields(value).Select(member => areMany && AreNames(member.Value)
                    ? NamesNeeded(member.Key, member.Value)
                    : Dependency(member.Key, member.Value))]);
            default:
                return null;
        }
    }

    private static Condition.Types ReadTypes(SchemaNode value, bool areIntegersWritten)
    {
        JsonTypes types = JsonTypes.None;
        foreach (SchemaNode name in value.Kind == JsonValueKind.Array ? value.Items : [value])
        {
            types |= name.Kind != JsonValueKind.String ? throw name.Refuse("expected the name of a type") : name.Text switch
            {
                "null" => JsonTypes.Null,
                "boolean" => JsonTypes.Boolean,
                "integer" => JsonTypes.Integer,
                "number" => JsonTypes.Number | JsonTypes.Integer,
                "string" => JsonTypes.String,
                "array" => JsonTypes.Array,
                "object" => JsonTypes.Object,
                string other => throw value.Refuse($"'{other}' is no type"),
            };
        }

        return new Condition.Types(types, areIntegersWritten);
    }

    private Condition.Types ReadTypes(SchemaNode value) => ReadTypes(value, dialect == SchemaDialect.Draft4);

    private Condition.AnyOf ReadIf(SchemaNode value, SchemaNode place)
    {
        Condition condition = schemas.Same(value);
        Condition consequence = place.Member("then") is { } then ? schemas.Same(then) : Condition.True;
        Condition otherwise = place.Member("else") is { } other ? schemas.Same(other) : Condition.True;
        return new Condition.AnyOf(
            [new Condition.AllOf([condition, consequence]), new Condition.AllOf([new Condition.Not(condition), otherwise])], value);
    }

    private static Condition ReadFormat(SchemaNode value)
    {
        string format = value.Text;
        if (StringFormats.Undecided.Contains(format))
            throw value.Refuse($"the format '{format}' is not supported");
        return StringFormats.PatternOf(format) is { } pattern
            ? new Condition.Text(value, strings => strings.Match(pattern))
            : Condition.True;
    }

    private Condition.Array Prefix(SchemaNode value) => new(ArrayShape.OfItems([.. Items(value).Select(Signed)], Items(value).Count, null));

    /// <summary>Members that three keywords speak of together: which are additional is settled by the names of the other two.</summary>
    private MemberShapes Members(SchemaNode place)
    {
        OrderedDictionary<string, SignedSchema> names = [];
        if (place.Member("properties") is { Members.Count: > MostNames } many)
            throw many.Refuse($"more than {MostNames} names");
        foreach ((string name, SchemaNode member) in Fields(place.Member("properties")))
            names.Add(name, Signed(member));
        (NamePattern, SignedSchema)[] patterns = [.. Fields(place.Member("patternProperties"))
            .Select(member => (Pattern(member.Key, member.Value), Signed(member.Value)))];
        return new MemberShapes(names, patterns, place.Member("additionalProperties") is { } others ? Signed(others) : null);
    }

    /// <summary>A pattern of names, one object for all places that have it.</summary>
    public NamePattern Pattern(string pattern, SchemaNode place)
    {
        if (!_patterns.TryGetValue(pattern, out NamePattern? known))
            _patterns.Add(pattern, known = new NamePattern(place, pattern));
        return known;
    }

    private static Condition NamesNeeded(string name, SchemaNode value) => new Condition.Object(
        ObjectShape.OfDependencies([.. NamesOf(value).Select(needed => new NameDependency(name, needed, value))]));

    private Condition Dependency(string name, SchemaNode value)
    {
        Condition present = new Condition.AllOf([new Condition.Types(JsonTypes.Object, false),
            new Condition.Object(ObjectShape.OfRequired([name]))]);
        Condition needed = AreNames(value) ? new Condition.Object(ObjectShape.OfRequired([.. NamesOf(value)])) : schemas.Same(value);
        return new Condition.AnyOf([new Condition.AllOf([present, needed]), new Condition.Not(present)], value);
    }

    private static bool AreNames(SchemaNode value) => value.Kind is JsonValueKind.Array or JsonValueKind.String;

    private static IEnumerable<string> NamesOf(SchemaNode value) => value.Kind == JsonValueKind.String ? [value.Text] : Names(value);

    private SignedSchema Signed(SchemaNode place) => new(schemas.SchemaAt(place), true);

    private SignedSchema No(SchemaNode place) => new(schemas.Nothing(place), true);

    private static IEnumerable<string> Names(SchemaNode value) => Items(value).Count <= MostNames ? Items(value).Select(Text)
        : throw value.Refuse($"more than {MostNames} names");

    private static IReadOnlyList<SchemaNode> Items(SchemaNode value) =>
        value.Kind == JsonValueKind.Array ? value.Items : throw value.Refuse("expected an array");

    private static IEnumerable<KeyValuePair<string, SchemaNode>> Fields(SchemaNode? value) => value is null ? []
        : value.Kind == JsonValueKind.Object ? value.Members : throw value.Refuse("expected an object");

    /// <summary>A keyword's value that is a string.</summary>
    internal static string Text(SchemaNode value) =>
        value.Kind == JsonValueKind.String ? value.Text : throw value.Refuse("expected a string");

    private static DecimalText Decimal(SchemaNode value) =>
        value.Kind == JsonValueKind.Number ? DecimalText.Read(value) : throw value.Refuse("expected a number");

    /// <summary>A keyword's value that is a number of things.</summary>
    internal static int Count(SchemaNode value)
    {
        DecimalText number = Decimal(value);
        if (number.IsNegative || number.Fraction.Length > 0)
            throw value.Refuse("expected a whole number that is not negative");
        return number.Digits.Length <= 9 ? int.Parse(number.Digits, System.Globalization.CultureInfo.InvariantCulture) : int.MaxValue;
    }
}
