using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.Json;
using RetNet.Extensions.AspNetCore.Errors;

namespace RetNet.Extensions.AspNetCore.Requests;

/// <summary>Refuses what is written as a JSON schema and is none, at any depth. Keywords that no draft knows mean nothing, and one that is
/// null is absent.</summary>
internal sealed class SchemaCheck
{
    private static readonly FrozenSet<string> Types =
        FrozenSet.ToFrozenSet(["null", "boolean", "integer", "number", "string", "array", "object"]);

    private static readonly FrozenDictionary<string, Action<SchemaCheck, JsonElement>> Keywords =
        new (string[] Names, Action<SchemaCheck, JsonElement> Require)[]
        {
            (["type"], (check, value) => check.RequireTypes(value)),
            (["additionalProperties", "additionalItems", "unevaluatedProperties", "unevaluatedItems", "propertyNames", "contains", "not",
                "if", "then", "else"], (check, value) => check.RequireSchema(value)),
            (["items"], (check, value) => check.RequireSchemaOrSchemas(value)),
            (["allOf", "anyOf", "oneOf", "prefixItems"], (check, value) => check.RequireSchemas(value)),
            (["properties", "patternProperties", "dependentSchemas", "$defs", "definitions"],
                (check, value) => check.RequireNamedSchemas(value)),
            (["required"], (check, value) => check.RequireNames(value)),
            (["enum"], (check, value) => check.Require(JsonValueKind.Array, value, "a list")),
            (["$ref", "title", "description", "pattern", "format"], (check, value) => check.RequireText(value)),
            (["minimum", "maximum", "multipleOf"], (check, value) => check.RequireNumber(value)),
            (["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"],
                (check, value) => check.RequireCount(value)),
        }
        .SelectMany(entry => entry.Names.Select(name => KeyValuePair.Create(name, entry.Require))).ToFrozenDictionary();

    // The way to the value that is looked at: names, and indices of lists. Only an error needs it as a text.
    private readonly List<(string? Name, int Index)> _path = [];
    private readonly JsonFields _root;

    private SchemaCheck(JsonFields root) => _root = root;

    /// <summary>Refuses a schema of which a keyword, or one of a schema within it, has a value that it cannot have.</summary>
    /// <exception cref="OpenAIException">The error, which names the place.</exception>
    public static void RefuseWrong(JsonFields schema) => new SchemaCheck(schema).RequireKeywords(schema.Json);

    private void RequireKeywords(JsonElement schema)
    {
        foreach (JsonProperty keyword in schema.EnumerateObject())
        {
            if (keyword.Value.ValueKind != JsonValueKind.Null
                && Keywords.TryGetValue(keyword.Name, out Action<SchemaCheck, JsonElement>? require))
            {
                At((keyword.Name, 0), keyword.Value, require);
            }
        }
    }

    private void At((string?, int) step, JsonElement value, Action<SchemaCheck, JsonElement> require)
    {
        _path.Add(step);
        require(this, value);
        _path.RemoveAt(_path.Count - 1);
    }

    private void RequireSchema(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Object)
            RequireKeywords(value);
        else if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            throw Wrong(value, "a JSON schema");
    }

    private void RequireSchemaOrSchemas(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Array)
            RequireSchemas(value);
        else
            RequireSchema(value);
    }

    private void RequireSchemas(JsonElement value)
    {
        Require(JsonValueKind.Array, value, "a list of JSON schemas");
        RequireEach(value, (check, schema) => check.RequireSchema(schema));
    }

    private void RequireNamedSchemas(JsonElement value)
    {
        Require(JsonValueKind.Object, value, "an object");
        foreach (JsonProperty schema in value.EnumerateObject())
            At((schema.Name, 0), schema.Value, (check, value) => check.RequireSchema(value));
    }

    private void RequireNames(JsonElement value)
    {
        Require(JsonValueKind.Array, value, "a list of texts");
        RequireEach(value, (check, name) => check.RequireText(name));
    }

    private void RequireTypes(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Array)
            RequireEach(value, (check, type) => check.RequireType(type));
        else
            RequireType(value);
    }

    private void RequireType(JsonElement value)
    {
        Require(JsonValueKind.String, value, "a text or a list of texts");
        if (!Types.Contains(value.GetString()!))
            throw Wrong($"is '{JsonFields.Shortened(value.GetString()!)}'; expected {string.Join(", ", Types.Order())}");
    }

    private void RequireText(JsonElement value) => Require(JsonValueKind.String, value, "a text");

    private void RequireNumber(JsonElement value) => Require(JsonValueKind.Number, value, "a number");

    private void RequireCount(JsonElement value)
    {
        RequireNumber(value);
        if (value.GetDouble() is not (>= 0 and var count) || !double.IsInteger(count))
            throw Wrong($"is {JsonFields.Shortened(value.GetRawText())}; expected a whole number from 0 on");
    }

    private void RequireEach(JsonElement list, Action<SchemaCheck, JsonElement> require)
    {
        int index = 0;
        foreach (JsonElement item in list.EnumerateArray())
            At((null, index++), item, require);
    }

    private void Require(JsonValueKind kind, JsonElement value, string expected)
    {
        if (value.ValueKind != kind)
            throw Wrong(value, expected);
    }

    private OpenAIException Wrong(JsonElement value, string expected) => _root.Wrong(Path(), value, expected);

    private OpenAIException Wrong(string problem) => _root.Invalid(Path(), problem, "invalid_value");

    private string Path()
    {
        StringBuilder path = new();
        foreach ((string? name, int index) in _path)
        {
            if (name is null)
                path.Append(CultureInfo.InvariantCulture, $"[{index}]");
            else
                path.Append(path.Length == 0 ? "" : ".").Append(JsonFields.Shortened(name));
        }

        return path.ToString();
    }
}
