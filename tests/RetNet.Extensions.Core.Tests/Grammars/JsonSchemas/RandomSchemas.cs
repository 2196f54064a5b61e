using System.Text.Json.Nodes;

namespace RetNet.Extensions.Core.Tests.Grammars.JsonSchemas;

/// <summary>
/// Random schemas of all keywords but minContains and maxContains, which JsonSchema.Net 7.4 judges wrongly inside other keywords, and
/// random values that have a fair chance to satisfy them.
/// </summary>
internal sealed class RandomSchemas(Random random)
{
    private static readonly string[] Names = ["a", "b", "c", "ab", "x1"];
    private static readonly string[] Texts = ["", "a", "b", "ab", "abc", "x1", "2024-01-31"];
    private static readonly string[] Numbers = ["0", "1", "-1", "2", "3", "1.5", "2.50", "-0.25", "10", "12", "100"];
    private static readonly string[] Patterns = ["^a", "b$", "^[a-c]*$", "\\d", "^(ab|x)", "."];
    private static readonly string[] Types = ["null", "boolean", "integer", "number", "string", "array", "object"];

    public JsonNode Schema(int depth)
    {
        if (random.Next(12) == 0)
            return JsonValue.Create(random.Next(4) > 0);
        JsonObject schema = [];
        if (random.Next(3) > 0)
            schema["type"] = random.Next(4) > 0 ? One(Types) : new JsonArray(One(Types), One(Types));
        for (int count = random.Next(1, 4); count > 0; count--)
            Add(schema, depth);
        return schema;
    }

    public JsonNode? Value(int depth) => random.Next(depth > 0 ? 9 : 6) switch
    {
        0 => null,
        1 => JsonValue.Create(random.Next(2) == 0),
        2 or 3 => Number(),
        4 or 5 => One(Texts),
        6 => new JsonArray([.. Many(4, () => Value(depth - 1))]),
        _ => new JsonObject(Names.OrderBy(_ => random.Next()).Take(random.Next(4))
            .Select(name => KeyValuePair.Create(name, Value(depth - 1)))),
    };

    private void Add(JsonObject schema, int depth)
    {
        switch (random.Next(depth > 0 ? 34 : 14))
        {
            case 0: schema["enum"] = new JsonArray([.. Many(4, () => Value(1)), Value(2)]); break;
            case 1: schema["const"] = Value(1); break;
            case 2: schema["minimum"] = Number(); break;
            case 3: schema["exclusiveMinimum"] = Number(); break;
            case 4: schema["maximum"] = Number(); break;
            case 5: schema["exclusiveMaximum"] = Number(); break;
            case 6: schema["multipleOf"] = JsonNode.Parse(One(["1", "2", "0.5", "0.01", "3"])!.GetValue<string>()); break;
            case 7: schema["minLength"] = random.Next(3); break;
            case 8: schema["maxLength"] = random.Next(4); break;
            case 9: schema["pattern"] = One(Patterns); break;
            case 10: schema["minItems"] = random.Next(3); break;
            case 11: schema["maxItems"] = random.Next(4); break;
            case 12: schema["required"] = new JsonArray([.. Names.Where(_ => random.Next(4) == 0).Select(name => (JsonNode)name)]); break;
            case 13: schema[random.Next(2) == 0 ? "minProperties" : "maxProperties"] = random.Next(3); break;
            case 14: schema["items"] = Schema(depth - 1); break;
            case 15: schema["prefixItems"] = new JsonArray([Schema(depth - 1), .. Many(2, () => Schema(depth - 1))]); break;
            case 16: schema["contains"] = Schema(depth - 1); break;
            case 17 or 18 or 19 or 20 or 21: schema["properties"] = Map(Names, depth); break;
            case 22: schema["patternProperties"] = Map(Patterns, depth); break;
            case 23: schema["additionalProperties"] = random.Next(2) == 0 ? false : Schema(depth - 1); break;
            case 24: schema["propertyNames"] = Schema(0); break;
            case 25: schema["dependentRequired"] = new JsonObject { [Name()] = new JsonArray(Name()) }; break;
            case 26: schema["dependentSchemas"] = new JsonObject { [Name()] = Schema(depth - 1) }; break;
            case 27: schema["allOf"] = Schemas(depth); break;
            case 28 or 29: schema["anyOf"] = Schemas(depth); break;
            case 30 or 31: schema["oneOf"] = Schemas(depth); break;
            case 32: schema["not"] = Schema(depth - 1); break;
            default:
                schema["if"] = Schema(depth - 1);
                schema["then"] = Schema(depth - 1);
                if (random.Next(2) == 0)
                    schema["else"] = Schema(depth - 1);
                break;
        }
    }

    private JsonArray Schemas(int depth) => new([Schema(depth - 1), .. Many(3, () => Schema(depth - 1))]);

    private JsonObject Map(string[] names, int depth) => new(names.OrderBy(_ => random.Next()).Take(random.Next(1, 4))
        .Select(name => KeyValuePair.Create(name, (JsonNode?)Schema(depth - 1))));

    private JsonNode?[] Many(int most, Func<JsonNode?> create) => [.. Enumerable.Range(0, random.Next(most)).Select(_ => create())];

    private string Name() => Names[random.Next(Names.Length)];

    private JsonNode? Number() => JsonNode.Parse(Numbers[random.Next(Numbers.Length)]);

    private JsonNode? One(string[] texts) => JsonValue.Create(texts[random.Next(texts.Length)]);
}
