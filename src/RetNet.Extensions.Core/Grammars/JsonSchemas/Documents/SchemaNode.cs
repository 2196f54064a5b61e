using System.Text.Json;
using RetNet.Extensions.Core.Grammars.Expressions;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas.Documents;

/// <summary>A value in a schema's JSON document, with its place. Its children are read when they are first asked for.</summary>
internal sealed class SchemaNode(JsonElement element, SchemaNode? parent = null, string name = "")
{
    private OrderedDictionary<string, SchemaNode>? _members;
    private SchemaNode[]? _items;

    public SchemaNode? Parent { get; } = parent;

    public JsonValueKind Kind => element.ValueKind;

    public bool IsSchema => Kind is JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False;

    /// <summary>The place, as a JSON pointer that begins with <c>#</c>.</summary>
    public string Pointer => Parent is null ? "#"
        : $"{Parent.Pointer}/{name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";

    /// <summary>The members of an object in their order; of several with one name the last. None for other values.</summary>
    public OrderedDictionary<string, SchemaNode> Members => _members ??= ReadMembers();

    /// <summary>The items of an array. None for other values.</summary>
    public IReadOnlyList<SchemaNode> Items => _items ??= Kind == JsonValueKind.Array
        ? [.. element.EnumerateArray().Select((item, index) => new SchemaNode(item, this, $"{index}"))]
        : [];

    /// <summary>The text of a string.</summary>
    public string Text
    {
        get
        {
            try
            {
                return element.GetString()!;
            }
            catch (InvalidOperationException exception)
            {
                throw new GrammarException(Pointer, "half of a surrogate pair", exception);
            }
        }
    }

    /// <summary>A value as its document writes it.</summary>
    public string RawText => element.GetRawText();

    public SchemaNode? Member(string memberName) => Members.GetValueOrDefault(memberName);

    /// <summary>The text of a member if it is a string.</summary>
    public string? TextOf(string memberName) => Member(memberName) is { Kind: JsonValueKind.String } member ? member.Text : null;

    /// <summary>An error at this place.</summary>
    public GrammarException Refuse(string reason) => new(Pointer, reason);

    /// <summary>An error of what stands at this place, as its own language says it.</summary>
    public GrammarException Refuse(GrammarException exception) => new(Pointer, exception.Message.TrimEnd('.'), exception);

    private OrderedDictionary<string, SchemaNode> ReadMembers()
    {
        OrderedDictionary<string, SchemaNode> members = [];
        if (Kind != JsonValueKind.Object)
            return members;
        foreach (JsonProperty member in element.EnumerateObject())
        {
            try
            {
                string memberName = member.Name;
                members[memberName] = new SchemaNode(member.Value, this, memberName);
            }
            catch (InvalidOperationException exception)
            {
                throw new GrammarException(Pointer, "a name with half of a surrogate pair", exception);
            }
        }

        return members;
    }
}
