using System.Text.Json;
using RetNet.Extensions.Core.Grammars.JsonSchemas.Documents;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas;

/// <summary>Reads the keywords of schemas into conditions.</summary>
internal sealed class SchemaReader
{
    private readonly SchemaReferences _references;
    private readonly KeywordReader _keywords;
    private readonly Dictionary<SchemaNode, Schema> _schemas = [];
    private readonly Dictionary<SchemaNode, Schema> _constants = [];
    private Schema? _nothing;
    private int _count;

    public SchemaReader(SchemaNode root)
    {
        _references = new SchemaReferences(root);
        _keywords = new KeywordReader(this, _references.Dialect);
        Root = SchemaAt(root);
    }

    public Schema Root { get; }

    /// <summary>The schema at a place.</summary>
    public Schema SchemaAt(SchemaNode place)
    {
        if (!place.IsSchema)
            throw place.Refuse("expected a schema: an object, true or false");
        if (!_schemas.TryGetValue(place, out Schema? schema))
            _schemas.Add(place, schema = new Schema(_count++, place, Read));
        return schema;
    }

    /// <summary>The schema of which a value in the document is the only value.</summary>
    public Schema Constant(SchemaNode value)
    {
        if (!_constants.TryGetValue(value, out Schema? schema))
            _constants.Add(value, schema = new Schema(_count++, value, place => new Condition.Values([place])));
        return schema;
    }

    /// <summary>The schema without a value.</summary>
    /// <param name="place">The keyword that asks for it.</param>
    public Schema Nothing(SchemaNode place) => _nothing ??= new Schema(_count++, place, _ => Condition.False);

    /// <summary>A schema that values satisfy which satisfy one of some others.</summary>
    /// <param name="places">The others.</param>
    /// <param name="place">The keyword that asks for it.</param>
    public Schema AnyOf(IReadOnlyList<SchemaNode> places, SchemaNode place) =>
        new(_count++, place, _ => new Condition.AnyOf([.. places.Select(Same)], place));

    /// <summary>The place that <c>$ref</c>, <c>$dynamicRef</c> or <c>$recursiveRef</c> names.</summary>
    public SchemaNode Target(string keyword, SchemaNode reference) =>
        keyword == "$ref" ? _references.Resolve(reference) : _references.ResolveDynamic(reference);

    /// <summary>The condition that the schema at a place holds.</summary>
    public Condition Same(SchemaNode place) => place.Kind switch
    {
        JsonValueKind.True => Condition.True,
        JsonValueKind.False => Condition.False,
        _ => new Condition.Same(SchemaAt(place), null),
    };

    private Condition Read(SchemaNode place)
    {
        if (place.Kind != JsonValueKind.Object)
            return place.Kind == JsonValueKind.True ? Condition.True : Condition.False;
        if (_references.Dialect <= SchemaDialect.Draft7 && place.Member("$ref") is { } reference)
            return Reference("$ref", reference);
        // What settles the type stands first, so that the rest is read for that type only; what other keywords leave over stands last.
        List<Condition> first = [], rest = [], last = [];
        foreach ((string keyword, SchemaNode value) in place.Members)
        {
            Condition condition = keyword switch
            {
                "$ref" => Reference(keyword, value),
                "$dynamicRef" or "$recursiveRef" when _references.Dialect >= SchemaDialect.Draft2019 => Reference(keyword, value),
                _ => _keywords.Read(keyword, value, place),
            };
            List<Condition> part = condition is Condition.Types or Condition.Values ? first
                : keyword is "unevaluatedProperties" or "unevaluatedItems" ? last
                : rest;
            part.Add(condition);
        }

        return Condition.And([.. first, .. rest, .. last]);
    }

    private Condition.Same Reference(string keyword, SchemaNode reference) => new(SchemaAt(Target(keyword, reference)), reference);
}
