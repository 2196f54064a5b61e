using System.Text;
using System.Text.Json;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.JsonSchemas;
using RetNet.Extensions.Core.Grammars.JsonSchemas.Documents;
using RetNet.Extensions.Core.Grammars.JsonSchemas.Languages;
using RetNet.Extensions.Core.Grammars.Rules;

namespace RetNet.Extensions.Core.ChatTemplates.Calls;

/// <summary>The grammar of arguments that are written one by one, in the order of the schema: strings as they are, other values as
/// JSON.</summary>
/// <remarks>A schema that lets a value be a string is kept where it says no more of other values than their types or the values
/// themselves, so that a text reads back as what satisfies it.</remarks>
/// <param name="form">How they are written.</param>
/// <param name="literal">The grammar of a text of the form.</param>
internal sealed class ParameterGrammar(ParameterForm form, Func<string, Grammar> literal)
{
    private const int MostCopied = 20_000_000;

    private static readonly string[] Notes = ["title", "description", "default", "examples", "deprecated", "$comment", "contentEncoding"];
    private static readonly SchemaNode Anything = new(JsonElement.Parse("{}"));

    // Characters that were copied of the whole schema, for parameters with references.
    private int _copied;

    /// <summary>Arguments that satisfy a schema.</summary>
    /// <exception cref="GrammarException">It is malformed or has a keyword that cannot be kept here.</exception>
    public Grammar Of(SchemaNode schema)
    {
        RefuseOthers(schema, ["type", "properties", "required", "additionalProperties", "$schema", "$id", "$defs", "definitions"]);
        if (!CallParameter.Types(schema).Contains("object"))
            throw schema.Member("type")!.Refuse("expected \"object\"");
        if (schema.Member("required") is { } required)
        {
            if (required.Kind != JsonValueKind.Array)
                throw required.Refuse("expected an array");
            if (required.Items.FirstOrDefault(name => schema.Member("properties")?.Member(KeywordReader.Text(name)) is null) is { } unknown)
                throw unknown.Refuse("no property has this name");
        }

        return Members(schema, property =>
        {
            try
            {
                return Value(schema, property.Key, property.Value);
            }
            catch (GrammarException failure) when (!failure.Place.StartsWith(property.Value.Pointer, StringComparison.Ordinal))
            {
                throw new GrammarException(property.Value.Pointer, failure.Message.TrimEnd('.'), failure);
            }
        });
    }

    /// <summary>Arguments with the names of a schema and any values.</summary>
    public Grammar AnyOf(SchemaNode schema) => Members(schema, _ => SimpleValue(Anything));

    private Grammar Members(SchemaNode schema, Func<KeyValuePair<string, SchemaNode>, Grammar> value)
    {
        HashSet<string> required = [.. (schema.Member("required")?.Items ?? [])
            .Where(name => name.Kind == JsonValueKind.String).Select(name => name.Text)];
        Grammar[] members = [.. (schema.Member("properties")?.Members ?? []).Select(property =>
        {
            Grammar member = Grammar.Sequence(literal(form.Before + property.Key), value(property), literal(form.After));
            return required.Contains(property.Key) ? member : Grammar.Optional(member);
        })];
        return members.Length == 0 ? literal("") : Grammar.Sequence(members);
    }

    // From the parameter's name to what stands after the value.
    private Grammar Value(SchemaNode root, string name, SchemaNode schema)
    {
        if (IsDetailed(schema))
            return Grammar.Sequence(literal(form.MiddleOfJson), Json(root, name, schema, schema));
        if (schema.Member("anyOf") is not { } choices)
            return SimpleValue(schema);
        RefuseOthers(schema, ["anyOf"]);

        // What reads as a value that a schema says more of is not written as a string.
        SchemaNode[] detailed = [.. choices.Items.Where(IsDetailed)];
        HashSet<string> apart = [.. detailed.SelectMany(CallParameter.Types)];
        return Grammar.Choice([.. choices.Items.Select(choice => detailed.Contains(choice)
            ? Grammar.Sequence(literal(form.MiddleOfJson), Json(root, name, schema, choice))
            : SimpleValue(choice, apart))]);
    }

    private static bool IsDetailed(SchemaNode schema) => schema.Kind == JsonValueKind.Object
        && !CallParameter.Types(schema).Contains("string") && OtherThan(schema, ["type", "enum", "const"]) is not null;

    // The types apart are those of which no text is written.
    private Grammar SimpleValue(SchemaNode schema, IReadOnlySet<string>? apart = null)
    {
        if (schema.Kind == JsonValueKind.True)
            return SimpleValue(Anything, apart);
        RefuseOthers(schema,
            ["type", schema.Member("enum") is null ? "const" : "enum", "minLength", "maxLength", "pattern", "format", "allOf"]);
        if (schema.Member("enum") is { Kind: not JsonValueKind.Array } list)
            throw list.Refuse("expected an array");
        HashSet<string> types = CallParameter.Types(schema);
        IReadOnlyList<SchemaNode>? values = CallParameter.Values(schema);
        IEnumerable<Grammar> texts = types.Contains("string") && Text(schema, values, apart) is { } text ? [text] : [];
        IEnumerable<Grammar> others = values is null ? Others(types) : values
            .Where(value => value.Kind != JsonValueKind.String && types.Overlaps(CallParameter.TypesOf(value)))
            .Select(value => Word(CallJson.Text(JsonElement.Parse(value.RawText))));
        Grammar[] ways =
        [
            .. texts.Select(way => Grammar.Sequence(literal(form.Middle), way)),
            .. others.Select(way => Grammar.Sequence(literal(form.MiddleOfJson), way)),
        ];
        return ways.Length > 0 ? Grammar.Choice(ways)
            : throw schema.Refuse($"no value satisfies the schema and can be written before \"{form.After.Trim()}\"");
    }

    // A string as it is. It cannot hold what ends it. Null if there is none.
    private Grammar? Text(SchemaNode schema, IReadOnlyList<SchemaNode>? values, IReadOnlySet<string>? apart)
    {
        ExpressionPool pool = new();
        TextExpressions text = new(pool, TextForm.Plain);
        Expression end = text.Literal(form.After.Trim());
        Expression any = text.Not(pool.Sequence(text.Anything, end, text.Anything));
        if (form.Middle == form.MiddleOfJson)
        {
            foreach (string type in apart ?? new HashSet<string>())
                any = pool.And(any, text.Not(RegexReader.Match(text, PatternOf(type))));
        }

        if (schema.Member("minLength") is { } minimum)
            any = pool.And(any, text.Length(KeywordReader.Count(minimum)));
        if (schema.Member("maxLength") is { } maximum)
            any = pool.And(any, text.Length(0, KeywordReader.Count(maximum)));
        foreach (SchemaNode pattern in Patterns(schema))
            any = pool.And(any, RegexReader.Search(text, KeywordReader.Text(pattern)));
        if (schema.Member("format") is { Kind: JsonValueKind.String } format)
        {
            if (StringFormats.Undecided.Contains(format.Text))
                throw format.Refuse($"the format '{format.Text}' is not supported");
            if (StringFormats.PatternOf(format.Text) is { } known)
                any = pool.And(any, RegexReader.Match(text, known));
        }

        if (values is null)
            return pool.IsEmpty(any) ? null : Grammar.Of(new Terminal(pool, any));
        Grammar[] texts = [.. values.Where(value => value.Kind == JsonValueKind.String).Select(value => value.Text)
            .Where(value => pool.Matches(any, Encoding.UTF8.GetBytes(value))).Select(Grammar.Literal)];
        return texts.Length == 0 ? null : Grammar.Choice(texts);
    }

    // The pattern of a text, and further ones that hold beside it.
    private static IEnumerable<SchemaNode> Patterns(SchemaNode schema)
    {
        IEnumerable<SchemaNode> all = schema.Member("allOf")?.Items ?? [];
        foreach (SchemaNode one in all)
            RefuseOthers(one, ["pattern"]);
        return all.Prepend(schema).Select(one => one.Member("pattern")).OfType<SchemaNode>();
    }

    // What a text that reads as a value of a type looks like.
    private static string PatternOf(string type)
    {
        string value = type switch
        {
            "integer" => "-?[0-9]+",
            "number" => "-?[0-9][0-9.eE+\\-]*",
            "boolean" => "[Tt]rue|[Ff]alse",
            "null" => "null|None",
            "array" => "\\[[^]*",
            _ => "\\{[^]*",
        };
        return $"[\\s\\u0085]*(?:{value})[\\s\\u0085]*";
    }

    // Values of some types that are not strings.
    private IEnumerable<Grammar> Others(HashSet<string> types)
    {
        if (types.Contains("boolean"))
            yield return Grammar.Choice(Word("true"), Word("false"));
        if (types.Contains("null"))
            yield return Word("null");
        string[] rest = [.. types.Except(["string", "boolean", "null"])];
        if (rest.Length > 0)
            yield return Grammar.FromJsonSchema(CallJson.Object([new("type", $"[{string.Join(',', rest.Select(Quoted))}]")]));
    }

    // A value as the form writes it, if it can be read.
    private Grammar Word(string json) => literal(
        form.Words.TryGetValue(json, out string? word) && CallParameter.Read(word)?.GetRawText() == json ? word : json);

    // A parameter's schema, or a part of it; its references lead to where they do in the whole.
    private Grammar Json(SchemaNode root, string name, SchemaNode parameter, SchemaNode schema)
    {
        const string Inside = "#/$defs/all";
        bool hasReference = schema.RawText.Contains("ref", StringComparison.OrdinalIgnoreCase);
        if (hasReference && (_copied += root.RawText.Length) > MostCopied)
            throw schema.Refuse("the whole schema is too large for as many parameters with references");
        IEnumerable<KeyValuePair<string, string>> all = hasReference
            ? root.Members.Select(member => KeyValuePair.Create(member.Key, member.Value.RawText))
            : [new("properties", CallJson.Object([new(name, parameter.RawText)]).GetRawText())];
        string id = root.TextOf("$id") ?? "all:/";
        all = [.. all, new("$id", Quoted(id)), new("id", Quoted(id))];
        JsonElement part = CallJson.Object(
        [
            new("$schema", root.Member("$schema")?.RawText ?? "null"),
            new("$ref", Quoted($"{id.TrimEnd('#')}#{Uri.EscapeDataString(schema.Pointer[1..])}")),
            new("$defs", CallJson.Object([new("all", CallJson.Object(all).GetRawText())]).GetRawText()),
        ]);
        try
        {
            return Grammar.FromJsonSchema(part, CallGrammar.OnlyNamed);
        }
        catch (GrammarException failure) when (failure.Place.StartsWith(Inside, StringComparison.Ordinal))
        {
            throw new GrammarException($"#{failure.Place[Inside.Length..]}", failure.Reason, failure);
        }
    }

    private static string Quoted(string text) => CallJson.Quote(text).GetRawText();

    private static void RefuseOthers(SchemaNode schema, string[] known)
    {
        if (schema.Kind != JsonValueKind.Object)
            throw schema.Refuse("the schema is not an object");
        if (OtherThan(schema, known) is (string keyword, SchemaNode value))
            throw value.Refuse($"\"{keyword}\" is not supported where arguments are written one by one");
    }

    // The first keyword that says something else about values.
    private static KeyValuePair<string, SchemaNode>? OtherThan(SchemaNode schema, string[] known)
    {
        foreach (KeyValuePair<string, SchemaNode> member in schema.Members)
        {
            if (!known.Contains(member.Key) && !Notes.Contains(member.Key))
                return member;
        }

        return null;
    }
}
