using System.Text.Json;
using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.JsonSchemas.Languages;
using RetNet.Extensions.Core.Grammars.Rules;

namespace RetNet.Extensions.Core.ChatTemplates.Calls;

/// <summary>The grammar of arguments that are written one by one, in the order of the schema: strings as they are, other values as
/// JSON.</summary>
/// <param name="form">How they are written.</param>
/// <param name="literal">The grammar of a text of the form.</param>
internal sealed class ParameterGrammar(ParameterForm form, Func<string, Grammar> literal)
{
    private static readonly string[] Notes = ["title", "description", "default", "examples", "deprecated", "$comment"];
    private static readonly string[] Definitions = ["$defs", "definitions"];
    private static readonly JsonElement Anything = JsonElement.Parse("{}");

    /// <summary>Arguments that satisfy a schema.</summary>
    /// <exception cref="GrammarException">It has a keyword that cannot be kept here.</exception>
    public Grammar Of(JsonElement schema)
    {
        RefuseOthers(schema, "", ["type", "properties", "required", "additionalProperties", "$schema", "$id", .. Definitions]);
        return Members(schema, property => Value(schema, property));
    }

    /// <summary>Arguments with the names of a schema and any values.</summary>
    public Grammar AnyOf(JsonElement schema) => Members(schema, _ => Any());

    private Grammar Members(JsonElement schema, Func<JsonProperty, Grammar> value)
    {
        if (!schema.TryGetProperty("properties", out JsonElement properties) || properties.ValueKind != JsonValueKind.Object)
            return literal("");
        HashSet<string> required = schema.TryGetProperty("required", out JsonElement names) && names.ValueKind == JsonValueKind.Array
            ? [.. names.EnumerateArray().Select(name => name.ToString())]
            : [];
        Grammar[] members = [.. properties.EnumerateObject().Select(property =>
        {
            Grammar member = Grammar.Sequence(literal(form.Before + property.Name), value(property), literal(form.After));
            return required.Contains(property.Name) ? member : Grammar.Optional(member);
        })];
        return members.Length == 0 ? literal("") : Grammar.Sequence(members);
    }

    // From the parameter's name to what stands after the value.
    private Grammar Value(JsonElement root, JsonProperty property)
    {
        JsonElement schema = property.Value;
        (bool canBeText, bool canBeOther) = CallParameter.Types(schema);
        if (!canBeText)
            return Grammar.Sequence(literal(form.MiddleOfJson), Json(root, schema));
        if (!schema.TryGetProperty("type", out _))
            return schema.TryGetProperty("enum", out _) || schema.TryGetProperty("const", out _) ? Texts(schema, property.Name) : Any();
        Grammar text = Grammar.Sequence(literal(form.Middle), Text(schema, property.Name));
        if (!canBeOther)
            return text;
        JsonObject other = JsonObject.Create(schema)!;
        other["type"] = new JsonArray([.. schema.GetProperty("type").EnumerateArray()
            .Where(type => type.ToString() != "string").Select(type => JsonValue.Create(type.ToString()))]);
        return Grammar.Choice(text, Grammar.Sequence(literal(form.MiddleOfJson), Json(root, Element(other))));
    }

    private Grammar Any() => Grammar.Choice(
        Grammar.Sequence(literal(form.Middle), Text(Anything, "")),
        Grammar.Sequence(literal(form.MiddleOfJson), Grammar.FromJsonSchema(Anything)));

    private Grammar Json(JsonElement root, JsonElement schema)
    {
        if (schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("type", out JsonElement type) && type.ValueEquals("boolean"))
            return Grammar.Choice(literal(form.Words["true"]), literal(form.Words["false"]));
        if (schema.ValueKind != JsonValueKind.Object)
            return Grammar.FromJsonSchema(schema);
        JsonObject whole = JsonObject.Create(schema)!;
        foreach (string name in Definitions)
        {
            if (root.TryGetProperty(name, out JsonElement definitions) && !whole.ContainsKey(name))
                whole[name] = JsonNode.Parse(definitions.GetRawText());
        }

        return Grammar.FromJsonSchema(Element(whole));
    }

    private Grammar Texts(JsonElement schema, string name)
    {
        IEnumerable<JsonElement> values = schema.TryGetProperty("enum", out JsonElement list) ? list.EnumerateArray()
            : [schema.GetProperty("const")];
        Grammar[] texts = [.. values.Where(value => value.ValueKind != JsonValueKind.String || !Ends(value.GetString()!)).Select(value =>
            value.ValueKind == JsonValueKind.String
                ? Grammar.Sequence(literal(form.Middle), Grammar.Literal(value.GetString()!))
                : Grammar.Sequence(literal(form.MiddleOfJson), literal(form.Words.GetValueOrDefault(value.GetRawText(),
                    CallJson.Text(value)))))];
        return texts.Length > 0 ? Grammar.Choice(texts) : throw new GrammarException($"#/properties/{name}", "no value can be written");
    }

    // A string as it is. It cannot hold what ends it.
    private Grammar Text(JsonElement schema, string name)
    {
        if (schema.TryGetProperty("enum", out JsonElement values) || schema.TryGetProperty("const", out values))
        {
            IEnumerable<JsonElement> all = values.ValueKind == JsonValueKind.Array ? values.EnumerateArray() : [values];
            string[] texts = [.. all.Where(value => value.ValueKind == JsonValueKind.String).Select(value => value.GetString()!)];
            return texts.Any(Ends) || texts.Length == 0
                ? throw new GrammarException($"#/properties/{name}", $"a value holds \"{form.After.Trim()}\", or none is a string")
                : Grammar.Choice([.. texts.Select(Grammar.Literal)]);
        }

        RefuseOthers(schema, $"/properties/{name}", ["type", "minLength", "maxLength", "pattern", "format"]);
        ExpressionPool pool = new();
        TextExpressions text = new(pool, TextForm.Plain);
        Expression end = text.Literal(form.After.Trim());
        Expression any = text.Not(pool.Sequence(text.Anything, end, text.Anything));
        if (Integer(schema, "minLength") is { } minimum)
            any = pool.And(any, text.Length(minimum));
        if (Integer(schema, "maxLength") is { } maximum)
            any = pool.And(any, text.Length(0, maximum));
        if (schema.TryGetProperty("pattern", out JsonElement pattern))
            any = pool.And(any, RegexReader.Search(text, pattern.GetString()!));
        if (schema.TryGetProperty("format", out JsonElement format) && StringFormats.PatternOf(format.ToString()) is { } known)
            any = pool.And(any, RegexReader.Match(text, known));
        return pool.IsEmpty(any)
            ? throw new GrammarException($"#/properties/{name}", "no text satisfies the schema")
            : Grammar.Of(new Terminal(pool, any));
    }

    private bool Ends(string value) => value.Contains(form.After.Trim(), StringComparison.Ordinal);

    private static int? Integer(JsonElement schema, string keyword) =>
        schema.TryGetProperty(keyword, out JsonElement value) && value.TryGetInt32(out int number) ? number : null;

    private static void RefuseOthers(JsonElement schema, string path, string[] known)
    {
        if (schema.ValueKind != JsonValueKind.Object)
            throw new GrammarException($"#{path}", "the schema is not an object");
        foreach (JsonProperty keyword in schema.EnumerateObject())
        {
            if (!known.Contains(keyword.Name) && !Notes.Contains(keyword.Name))
            {
                throw new GrammarException($"#{path}/{keyword.Name}",
                    $"\"{keyword.Name}\" is not supported where arguments are written one by one");
            }
        }
    }

    private static JsonElement Element(JsonObject json) => JsonElement.Parse(json.ToJsonString());
}
