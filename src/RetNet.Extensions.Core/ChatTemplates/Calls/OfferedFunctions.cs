using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;
using RetNet.Extensions.Core.Grammars.JsonSchemas.Documents;

namespace RetNet.Extensions.Core.ChatTemplates.Calls;

/// <summary>The functions that a model may call: their names and the JSON schemas of their arguments.</summary>
internal sealed class OfferedFunctions
{
    /// <summary>The schema of any object.</summary>
    public static readonly JsonElement AnyObject = JsonElement.Parse("""{"type": "object"}""");

    public static readonly OfferedFunctions None = new([]);

    private readonly Dictionary<string, SchemaNode> _parameters = new(StringComparer.Ordinal);

    /// <param name="tools">Descriptions of functions, <c>{"type":"function","function":{"name":…,"parameters":{…}}}</c> or the inner object
    /// alone.</param>
    /// <exception cref="ArgumentException">A description has no name, or a name appears twice; parameters or their
    /// <c>properties</c> are not an object; a string has half of a surrogate pair, or bytes that are no UTF-8.</exception>
    public OfferedFunctions(IReadOnlyList<JsonElement> tools)
    {
        for (int i = 0; i < tools.Count; i++)
        {
            if (CallJson.Parse(CallJson.RawText(tools[i])) is not { } tool || !Utf8.IsValid(JsonMarshal.GetRawUtf8Value(tools[i])))
            {
                throw new ArgumentException(
                    $"Tool {i + 1} is {Short(tools[i])}; expected JSON in UTF-8 of at most 64 levels, without halves of surrogate pairs.",
                    nameof(tools));
            }

            JsonElement function = tool.ValueKind == JsonValueKind.Object && tool.TryGetProperty("function", out JsonElement inner)
                ? inner
                : tool;
            if (function.ValueKind != JsonValueKind.Object || !function.TryGetProperty("name", out JsonElement name)
                || name.ValueKind != JsonValueKind.String || string.IsNullOrEmpty(name.GetString()))
            {
                throw new ArgumentException($"Tool {i + 1} is {Short(tool)}; expected a function with a name.", nameof(tools));
            }

            bool hasSchema = function.TryGetProperty("parameters", out JsonElement parameters)
                && parameters.ValueKind is not JsonValueKind.Null;
            SchemaNode schema = new(hasSchema ? parameters : AnyObject);
            if (schema.Kind != JsonValueKind.Object || schema.Member("properties") is { Kind: not JsonValueKind.Object })
            {
                throw new ArgumentException($"The parameters of function '{name.GetString()}' are {Short(parameters)}; expected a JSON "
                    + "schema that is an object, with \"properties\" that are one.", nameof(tools));
            }

            if (!_parameters.TryAdd(name.GetString()!, schema))
                throw new ArgumentException($"Two tools have the name \"{name.GetString()}\"; expected different names.", nameof(tools));
        }
    }

    public IReadOnlyCollection<string> Names => _parameters.Keys;

    public bool Contains(ReadOnlySpan<char> name) => _parameters.GetAlternateLookup<ReadOnlySpan<char>>().ContainsKey(name);

    /// <summary>Whether a function's name begins with a text.</summary>
    public bool HasNameWith(ReadOnlySpan<char> beginning)
    {
        foreach (string name in _parameters.Keys)
        {
            if (name.AsSpan().StartsWith(beginning))
                return true;
        }

        return false;
    }

    /// <summary>The JSON schema of a function's arguments, an object.</summary>
    public SchemaNode Schema(string name) => _parameters[name];

    /// <summary>Whether a function has no parameters.</summary>
    public bool TakesNothing(string name) => Schema(name).Member("properties") is not { Members.Count: > 0 };

    /// <summary>The JSON schema of one argument; null if the function or its schema does not name it.</summary>
    public SchemaNode? Schema(ReadOnlySpan<char> name, string parameter) =>
        _parameters.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out SchemaNode? schema)
            ? schema.Member("properties")?.Member(parameter)
            : null;

    private static string Short(JsonElement json)
    {
        string text = CallJson.RawText(json);
        return text.Length <= 80 ? text : text[..80] + "…";
    }
}
