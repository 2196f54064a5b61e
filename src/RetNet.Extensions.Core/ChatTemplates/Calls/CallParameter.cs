using System.Text.Json;
using RetNet.Extensions.Core.Grammars.JsonSchemas.Documents;

namespace RetNet.Extensions.Core.ChatTemplates.Calls;

/// <summary>Values of arguments that are written one by one, strings without quotes.</summary>
internal static class CallParameter
{
    private static readonly string[] AllTypes = ["string", "number", "integer", "boolean", "null", "array", "object"];

    /// <summary>A value as JSON.</summary>
    /// <param name="value">The value as the model wrote it.</param>
    /// <param name="schema">The JSON schema of the parameter, if it is known.</param>
    /// <param name="isText">Whether it is marked as a string.</param>
    public static string Json(ReadOnlySpan<char> value, SchemaNode? schema, bool isText) =>
        (!isText && ReadOther(value, schema) is { } other ? other : CallJson.Quote(value)).GetRawText();

    /// <summary>Whether a schema lets a value be an array or an object.</summary>
    public static bool MayBeNested(SchemaNode? schema) => Types(schema).Overlaps(["array", "object"]);

    /// <summary>A value that is written as JSON or, as templates do that print it, in Python's words; null if it is neither.</summary>
    public static JsonElement? Read(ReadOnlySpan<char> value)
    {
        ReadOnlySpan<char> trimmed = value.Trim();
        return CallJson.Parse(trimmed switch
        {
            "True" => "true",
            "False" => "false",
            "None" => "null",
            _ => trimmed,
        });
    }

    /// <summary>The types that a schema lets a value have, as its <c>type</c>, otherwise its <c>anyOf</c>, <c>enum</c> or <c>const</c>
    /// tells.</summary>
    public static HashSet<string> Types(SchemaNode? schema)
    {
        if (schema?.Member("type") is { } type)
        {
            IEnumerable<SchemaNode> names = type.Kind == JsonValueKind.Array ? type.Items : [type];
            return [.. names.Select(name => name.Kind == JsonValueKind.String ? name.Text : name.RawText)];
        }

        if (schema?.Member("anyOf") is { } choices)
            return [.. choices.Items.SelectMany(Types)];
        return Values(schema) is { } values ? [.. values.SelectMany(TypesOf)] : [.. AllTypes];
    }

    /// <summary>The values that a schema lists; null if it lists none.</summary>
    public static IReadOnlyList<SchemaNode>? Values(SchemaNode? schema) =>
        schema?.Member("enum")?.Items ?? (schema?.Member("const") is { } value ? [value] : null);

    /// <summary>The types of a value.</summary>
    public static IReadOnlyList<string> TypesOf(SchemaNode value) => value.Kind switch
    {
        JsonValueKind.String => ["string"],
        JsonValueKind.Number => value.RawText.AsSpan().ContainsAny(".eE") ? ["number"] : ["number", "integer"],
        JsonValueKind.True or JsonValueKind.False => ["boolean"],
        JsonValueKind.Null => ["null"],
        JsonValueKind.Array => ["array"],
        _ => ["object"],
    };

    // A value that is no string; null if it is one.
    private static JsonElement? ReadOther(ReadOnlySpan<char> value, SchemaNode? schema)
    {
        HashSet<string> types = Types(schema);
        if (!types.Contains("string"))
            return Read(value);
        return types.Count > 1 && !Texts(schema).Contains(value.ToString()) && Read(value) is { ValueKind: not JsonValueKind.String } other
            && types.Overlaps(TypesOf(new SchemaNode(other))) ? other : null;
    }

    // The strings that a schema lists.
    private static IEnumerable<string> Texts(SchemaNode? schema) => schema?.Member("anyOf") is { } choices
        ? choices.Items.SelectMany(Texts)
        : (Values(schema) ?? []).Where(value => value.Kind == JsonValueKind.String).Select(value => value.Text);
}
