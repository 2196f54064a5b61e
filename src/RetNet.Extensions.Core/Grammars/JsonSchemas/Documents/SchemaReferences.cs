using System.Text.Json;
using RetNet.Extensions.Core.Grammars.Expressions;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas.Documents;

/// <summary>Where the references of a schema document lead. Only places in the document itself can be reached.</summary>
internal sealed class SchemaReferences
{
    private static readonly Uri NoBase = new("schema:/");
    private static readonly HashSet<string> NoSchemas = ["enum", "const", "default", "examples", "example"];
    private static readonly HashSet<string> MapsOfSchemas =
        ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"];

    // Characters of one base, and of all.
    private const int LongestBase = 2_000, MostOfBases = 8_000_000;

    private readonly SchemaNode _root;
    private readonly SchemaDialect _dialect;
    private readonly Dictionary<Uri, SchemaNode> _resources = [];
    private readonly Dictionary<(SchemaNode Resource, string Name), SchemaNode> _anchors = [];
    private readonly Dictionary<string, List<SchemaNode>> _dynamicAnchors = [];
    private readonly Dictionary<SchemaNode, SchemaNode> _resourceOf = [];
    private readonly Dictionary<SchemaNode, Uri> _bases = [];
    private int _ofBases;
    private bool _isIndexed;

    public SchemaReferences(SchemaNode root)
    {
        _root = root;
        _dialect = root.TextOf("$schema") is { } schema ? Read(schema) : SchemaDialect.Unspecified;
    }

    public SchemaDialect Dialect => _dialect;

    /// <summary>The place that a <c>$ref</c> names.</summary>
    /// <exception cref="GrammarException">It is not in the document.</exception>
    public SchemaNode Resolve(SchemaNode reference)
    {
        if (reference.Kind != JsonValueKind.String)
            throw reference.Refuse("expected a string");
        string text = reference.Text;
        int hash = text.IndexOf('#', StringComparison.Ordinal);
        string address = hash < 0 ? text : text[..hash], fragment = hash < 0 ? "" : Uri.UnescapeDataString(text[(hash + 1)..]);
        SchemaNode resource = address.Length == 0 ? ResourceOf(reference) : FindResource(reference, address);
        SchemaNode? target = fragment.Length == 0 ? resource
            : fragment[0] == '/' ? Follow(resource, fragment) ?? Follow(_root, fragment)
            : FindAnchor(resource, fragment);
        return target ?? throw reference.Refuse($"'{text}' leads to no place in the schema");
    }

    /// <summary>The place that a <c>$dynamicRef</c> or <c>$recursiveRef</c> names, where that does not depend on the way there.</summary>
    public SchemaNode ResolveDynamic(SchemaNode reference)
    {
        Index();
        SchemaNode target = Resolve(reference);
        string name = reference.Text[(reference.Text.IndexOf('#', StringComparison.Ordinal) + 1)..];
        if (_dynamicAnchors.GetValueOrDefault(name) is { Count: > 1 } places && places.Contains(target))
            throw reference.Refuse("it leads to several places, by the way on which it is reached");
        return target;
    }

    private static SchemaDialect Read(string schema) =>
        schema.Contains("draft-03", StringComparison.Ordinal)
            || schema.Contains("draft-04", StringComparison.Ordinal) ? SchemaDialect.Draft4
        : schema.Contains("draft-06", StringComparison.Ordinal) ? SchemaDialect.Draft6
        : schema.Contains("draft-07", StringComparison.Ordinal) ? SchemaDialect.Draft7
        : schema.Contains("2019-09", StringComparison.Ordinal) ? SchemaDialect.Draft2019
        : schema.Contains("draft/2020-12", StringComparison.Ordinal) ? SchemaDialect.Draft2020
        : SchemaDialect.Unspecified;

    private SchemaNode FindResource(SchemaNode reference, string address)
    {
        Index();
        Uri? uri = Join(BaseOf(ResourceOf(reference)), address);
        return uri is not null && _resources.TryGetValue(uri, out SchemaNode? resource) ? resource
            : throw reference.Refuse($"'{reference.Text}' is outside the schema; remote references are not followed");
    }

    private SchemaNode? FindAnchor(SchemaNode resource, string name)
    {
        Index();
        return _anchors.GetValueOrDefault((resource, name)) ?? _anchors.GetValueOrDefault((_root, name));
    }

    private static SchemaNode? Follow(SchemaNode node, string pointer)
    {
        SchemaNode? at = node;
        foreach (string part in pointer.Split('/').Skip(1))
        {
            string name = part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            at = at.Kind == JsonValueKind.Array ? int.TryParse(name, out int index) ? at.Items.ElementAtOrDefault(index) : null
                : at.Member(name);
            if (at is null)
                return null;
        }

        return at;
    }

    /// <summary>The nearest place around a node that has an address of its own, or the document.</summary>
    private SchemaNode ResourceOf(SchemaNode node)
    {
        if (_resourceOf.TryGetValue(node, out SchemaNode? known))
            return known;
        Guard.Stack();
        SchemaNode resource = node.Parent is null || IsResource(node) ? node : ResourceOf(node.Parent);
        _resourceOf.Add(node, resource);
        return resource;
    }

    private bool IsResource(SchemaNode node) => IdOf(node) is { } id && !id.StartsWith('#');

    private string? IdOf(SchemaNode node) => node.Kind != JsonValueKind.Object ? null
        : _dialect <= SchemaDialect.Draft7 && node.Member("$ref") is not null ? null
        : node.TextOf(_dialect == SchemaDialect.Draft4 ? "id" : "$id");

    private Uri BaseOf(SchemaNode resource)
    {
        if (_bases.TryGetValue(resource, out Uri? known))
            return known;
        Guard.Stack();
        Uri around = resource.Parent is null ? NoBase : BaseOf(ResourceOf(resource.Parent));
        Uri joined = IdOf(resource) is { } id ? Join(around, id) ?? around : around;
        int length = joined.OriginalString.Length;
        if (length > LongestBase || (_ofBases += length) > MostOfBases)
            throw resource.Refuse("the addresses of schemas in it are too long");
        _bases.Add(resource, joined);
        return joined;
    }

    private static Uri? Join(Uri around, string address) =>
        Uri.TryCreate(around, address.TrimEnd('#'), out Uri? uri) ? uri : null;

    private void Index()
    {
        if (_isIndexed)
            return;
        _isIndexed = true;
        _resources[NoBase] = _root;
        // In a map, names are no keywords.
        Stack<(SchemaNode Node, bool IsMap)> left = new([(_root, false)]);
        while (left.TryPop(out (SchemaNode Node, bool IsMap) at))
        {
            Index(at.Node);
            foreach (SchemaNode item in at.Node.Items)
                left.Push((item, false));
            foreach ((string name, SchemaNode member) in at.Node.Members)
            {
                if (at.IsMap || !NoSchemas.Contains(name))
                    left.Push((member, !at.IsMap && MapsOfSchemas.Contains(name)));
            }
        }
    }

    private void Index(SchemaNode node)
    {
        if (node.Kind != JsonValueKind.Object)
            return;
        SchemaNode resource = ResourceOf(node);
        if (node == resource)
            _resources.TryAdd(BaseOf(node), node);
        foreach (string keyword in (string[])["$id", "id"])
        {
            if (node.TextOf(keyword) is ['#', .. { Length: > 0 } anchor])
                _anchors.TryAdd((resource, anchor), node);
        }

        foreach (string keyword in (string[])["$anchor", "$dynamicAnchor"])
        {
            if (node.TextOf(keyword) is { } anchor)
                _anchors.TryAdd((resource, anchor), node);
        }

        if (node.TextOf("$dynamicAnchor") is { } dynamicAnchor)
            AddDynamic(dynamicAnchor, node);
        if (node.Member("$recursiveAnchor")?.Kind == JsonValueKind.True)
            AddDynamic("", node);
    }

    private void AddDynamic(string name, SchemaNode node)
    {
        if (!_dynamicAnchors.TryGetValue(name, out List<SchemaNode>? places))
            _dynamicAnchors.Add(name, places = []);
        places.Add(node);
    }
}
