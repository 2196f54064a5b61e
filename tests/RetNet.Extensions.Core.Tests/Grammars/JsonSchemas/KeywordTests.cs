using RetNet.Extensions.Core.Grammars;

namespace RetNet.Extensions.Core.Tests.Grammars.JsonSchemas;

/// <summary>What each keyword of JSON Schema allows and forbids, in texts of other origin.</summary>
public class KeywordTests
{
    [Theory]
    [InlineData("""{"type": "null"}""", "null", "0|false|\"null\"")]
    [InlineData("""{"type": "boolean"}""", "true|false", "null|0")]
    [InlineData("""{"type": "integer"}""", "0|-3|1.0|12.000", "1.5|\"1\"|01|true")]
    [InlineData("""{"$schema": "http://json-schema.org/draft-04/schema#", "type": "integer"}""", "0|-3", "1.0")]
    [InlineData("""{"type": "number"}""", "0|-3|1.5e-7|1E5", "+1|.5|1.|\"1\"")]
    [InlineData("""{"type": ["string", "null"]}""", "\"\"|\"\\u0041\"|null", "1|\"a|\"\\x\"")]
    [InlineData("""{"enum": [1, "a", [2], {"b": null}, true]}""", "1|1.0|\"a\"|\"\\u0061\"|[2]|{\"b\": null}|true",
        "2|\"b\"|[3]|[]|{}|false")]
    [InlineData("""{"const": {"a": [1, {"b": 2}]}}""", "{\"a\":[1,{\"b\":2.0}]}", "{\"a\":[1,{\"b\":3}]}|{\"a\":[1]}|{}")]
    [InlineData("""{"not": {"const": {"a": 1}}}""", "{}|{\"a\":2}|{\"a\":1,\"b\":0}|1", "{\"a\":1}|{\"a\":1.0}")]
    [InlineData("""{"not": {"enum": [0, "x", [1]]}}""", "1|-1|\"y\"|[2]|[]|[1,1]", "0|-0|0.0|\"x\"|\"\\u0078\"|[1]")]
    public void Types_and_values(string schema, string allowed, string forbidden) => Check(schema, allowed, forbidden);

    [Theory]
    [InlineData("""{"minimum": 3}""", "3|3.0|3.5|10|\"x\"|300", "2|2.999|-3|0")]
    [InlineData("""{"exclusiveMinimum": 3.25}""", "3.26|3.2500001|4|100", "3.25|3.250|3.2|3|-4")]
    [InlineData("""{"maximum": -1.5}""", "-1.5|-2|-100|-1.50", "-1.4999|0|1|-1")]
    [InlineData("""{"exclusiveMaximum": 100}""", "99.999|99|0|-500|9", "100|100.0|101|1000")]
    [InlineData("""{"minimum": 0}""", "0|-0|0.0|7", "-1|-0.001")]
    [InlineData("""{"exclusiveMinimum": 0}""", "0.001|7", "0|-0|-1|0.0")]
    [InlineData("""{"minimum": -0.5, "maximum": 12.05}""", "-0.5|-0.25|0|12.05|12.049|3.7", "-0.51|12.051|12.1|13|-1|100")]
    [InlineData("""{"minimum": 1e2, "maximum": 1.5e2}""", "100|150|120.5", "99|151")]
    [InlineData("""{"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 3, "exclusiveMinimum": true}""", "4|3.1", "3|3.0|2")]
    [InlineData("""{"multipleOf": 3}""", "0|3|-6|9.0|\"x\"|123", "1|2|4.5|10")]
    [InlineData("""{"multipleOf": 0.01}""", "0.01|4.35|4.350|1|-7.1", "0.001|4.355")]
    [InlineData("""{"multipleOf": 2.5, "minimum": 1}""", "2.5|5|7.50", "0|1|2|3.5")]
    [InlineData("""{"not": {"minimum": 5}}""", "4|-1|4.999", "5|6|\"x\"|null")]
    [InlineData("""{"type": "number", "not": {"type": "integer"}}""", "1.5|-0.25", "1|1.0|0")]
    [InlineData("""{"type": "integer", "not": {"multipleOf": 2}, "minimum": 0, "maximum": 9}""", "1|3|9", "0|2|8|11|-1")]
    public void Numbers(string schema, string allowed, string forbidden) => Check(schema, allowed, forbidden);

    [Theory]
    [InlineData("""{"minLength": 2, "maxLength": 3}""", "\"ab\"|\"abc\"|\"\U0001F642é\"|\"\\ud83d\\ude42x\"|7",
        "\"a\"|\"abcd\"|\"\U0001F642\"|\"\"")]
    [InlineData("""{"pattern": "^a+$"}""", "\"a\"|\"aaa\"|\"\\u0061\"|1", "\"\"|\"ab\"|\"ba\"")]
    [InlineData("""{"pattern": "b"}""", "\"abc\"|\"b\"", "\"ac\"|\"\"")]
    [InlineData("""{"pattern": "^a", "maxLength": 2, "not": {"const": "ab"}}""", "\"a\"|\"ac\"", "\"ab\"|\"abc\"|\"b\"")]
    [InlineData("""{"format": "date"}""", "\"2024-02-29\"|\"1999-12-31\"|3", "\"2023-02-29\"|\"2024-13-01\"|\"2024-04-31\"|\"24-01-01\"")]
    [InlineData("""{"format": "date-time"}""", "\"2024-02-29T23:59:59Z\"|\"2024-01-01T00:00:00.5+02:00\"",
        "\"2024-01-01 00:00:00Z\"|\"2024-01-01T24:00:00Z\"")]
    [InlineData("""{"format": "time"}""", "\"08:30:06Z\"|\"23:59:59.25-01:30\"", "\"08:30:06\"|\"24:00:00Z\"")]
    [InlineData("""{"format": "duration"}""", "\"P3Y6M4DT12H30M5S\"|\"P2W\"|\"PT0S\"", "\"P\"|\"PT\"|\"P1D2H\"|\"P1Y2W\"")]
    [InlineData("""{"format": "uuid"}""", "\"2EB8AA08-aa98-11ea-b4aa-73b441d16380\"", "\"2eb8aa08-aa98-11ea-b4aa73b441d16380\"|\"x\"")]
    [InlineData("""{"format": "email"}""", "\"a.b@example.org\"|\"\\\"joe b\\\"@x.y\"|\"a@[127.0.0.1]\"",
        "\"a\"|\".a@b.c\"|\"a@b@c\"|\"a b@c.d\"")]
    [InlineData("""{"format": "hostname"}""", "\"www.example.com\"|\"a-b\"", "\"-a\"|\"a..b\"|\"a_b\"|\"\"")]
    [InlineData("""{"format": "ipv4"}""", "\"127.0.0.1\"|\"255.255.255.255\"", "\"256.0.0.1\"|\"1.2.3\"|\"01.2.3.4\"")]
    [InlineData("""{"format": "ipv6"}""", "\"::1\"|\"12::42:0:0:ff\"|\"::ffff:1.2.3.4\"|\"::\"", "\"12345::\"|\"1::2::3\"|\"1:2:3\"")]
    [InlineData("""{"format": "uri"}""", "\"http://a.b/c?d=e#f\"|\"urn:x:y\"|\"mailto:a@b\"", "\"//a.b\"|\"/a\"|\"a b:c\"|\"http:// x\"")]
    [InlineData("""{"format": "uri-reference"}""", "\"/a?b\"|\"#x\"|\"a:b\"|\"\"", "\"\\\\\\\\a\"|\"#a#b\"")]
    [InlineData("""{"format": "json-pointer"}""", "\"\"|\"/a/~0b\"", "\"a\"|\"/~2\"")]
    [InlineData("""{"format": "something of our own"}""", "\"x\"|\"\"", "\"x")]
    public void Strings(string schema, string allowed, string forbidden) => Check(schema, allowed, forbidden);

    [Theory]
    [InlineData("""{"items": {"type": "integer"}}""", "[]|[1,2]|\"x\"|{}", "[\"a\"]|[1,null]")]
    [InlineData("""{"prefixItems": [{"const": 1}, {"type": "string"}], "items": false}""", "[]|[1]|[1,\"a\"]", "[2]|[1,1]|[1,\"a\",0]")]
    [InlineData("""{"items": [{"const": 1}], "additionalItems": {"type": "null"}}""", "[]|[1]|[1,null,null]", "[2]|[1,1]")]
    [InlineData("""{"minItems": 1, "maxItems": 2}""", "[0]|[0,[]]", "[]|[1,2,3]")]
    [InlineData("""{"contains": {"const": 1}}""", "[1]|[0,1,2]|5", "[]|[0,2]")]
    [InlineData("""{"contains": {"const": 1}, "minContains": 2, "maxContains": 3}""", "[1,1]|[1,0,1,1]", "[1]|[1,1,1,1]|[]")]
    [InlineData("""{"contains": {"const": 1}, "minContains": 0}""", "[]|[2]", "[")]
    [InlineData("""{"not": {"contains": {"type": "string"}}}""", "[]|[1]", "[\"a\"]|[1,\"a\"]|1")]
    [InlineData("""{"type": "array", "not": {"items": {"type": "string"}}}""", "[1]|[\"a\",1]", "[]|[\"a\"]")]
    [InlineData("""{"items": {"enum": [1, 2, 3]}, "uniqueItems": true}""", "[]|[1]|[3,1,2]", "[1,1]|[1,2,1.0]")]
    [InlineData("""{"items": {"type": "boolean"}, "uniqueItems": true, "minItems": 2}""", "[true,false]|[false,true]",
        "[true]|[true,true]")]
    public void Arrays(string schema, string allowed, string forbidden) => Check(schema, allowed, forbidden);

    [Theory]
    [InlineData("""{"properties": {"a": {"type": "integer"}}}""", "{}|{\"a\":1}|{\"b\":\"x\",\"a\":1}|7",
        "{\"a\":\"x\"}|{\"\\u0061\":\"x\"}")]
    [InlineData("""{"required": ["a"]}""", "{\"a\":0}|{\"b\":1,\"a\":2}", "{}|{\"b\":1}")]
    [InlineData("""{"properties": {"a": {}}, "additionalProperties": false}""", "{}|{\"a\":1}", "{\"b\":1}|{\"a\":1,\"b\":1}")]
    [InlineData("""{"patternProperties": {"^x": {"type": "null"}}, "additionalProperties": {"type": "integer"}}""", "{\"x1\":null,\"y\":1}",
        "{\"x\":1}|{\"y\":null}")]
    [InlineData("""{"properties": {"foo": {"type": "array"}}, "patternProperties": {"f.o": {"minItems": 1}}}""",
        "{\"foo\":[1]}|{\"fxo\":1}", "{\"foo\":[]}|{\"fxo\":[]}")]
    [InlineData("""{"propertyNames": {"maxLength": 2}}""", "{}|{\"ab\":1}", "{\"abc\":1}")]
    [InlineData("""{"minProperties": 1, "maxProperties": 2}""", "{\"a\":1}|{\"a\":1,\"b\":2}", "{}|{\"a\":1,\"b\":2,\"c\":3}")]
    [InlineData("""{"dependentRequired": {"a": ["b"]}}""", "{}|{\"b\":1}|{\"a\":1,\"b\":1}", "{\"a\":1}")]
    [InlineData("""{"dependentSchemas": {"a": {"maxProperties": 1}}}""", "{\"a\":1}|{\"b\":1,\"c\":1}|[1]", "{\"a\":1,\"b\":1}")]
    [InlineData("""{"dependentSchemas": {"a": {"type": "string"}}}""", "[1]|{}|1", "{\"a\":1}")]
    [InlineData("""{"dependencies": {"a": ["b"], "c": {"properties": {"d": {"type": "null"}}}}}""", "{\"b\":0}|{\"c\":0,\"d\":null}",
        "{\"a\":0}|{\"c\":0,\"d\":1}")]
    [InlineData("""{"not": {"required": ["a"]}}""", "{}|{\"b\":1}", "{\"a\":1}|1")]
    [InlineData("""{"type": "object", "not": {"additionalProperties": {"type": "string"}}}""", "{\"a\":1}|{\"a\":\"x\",\"b\":2}",
        "{}|{\"a\":\"x\"}")]
    public void Objects(string schema, string allowed, string forbidden) => Check(schema, allowed, forbidden);

    [Theory]
    [InlineData("""{"allOf": [{"minimum": 2}, {"maximum": 4}]}""", "2|4|\"x\"", "1|5")]
    [InlineData("""{"anyOf": [{"type": "string"}, {"minimum": 2}]}""", "\"\"|2|null", "1")]
    [InlineData("""{"oneOf": [{"minimum": 2}, {"maximum": 4}]}""", "1|5", "2|4|\"x\"")]
    [InlineData("""{"oneOf": [{"type": "number"}, {"type": "integer"}]}""", "1.5", "1|2.0")]
    [InlineData("""{"oneOf": [{"const": 3}, {"const": 5}, {"type": "integer", "multipleOf": 6000}, {"type": "number", "minimum": 9000}]}""",
        "3|5|0|6000|9001", "7|12000|18000.0|\"x\"")]
    [InlineData("""{"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}""", "{\"a\":1}|{\"b\":1,\"c\":1}", "{}|{\"a\":1,\"b\":1}|1")]
    [InlineData("""
        {"oneOf": [{"properties": {"k": {"const": "x"}, "v": {"type": "null"}}, "required": ["k"]}, {"properties": {"k": {"const": "y"}},
        "required": ["k"]}]}
        """,
        "{\"k\":\"x\",\"v\":null}|{\"k\":\"y\",\"v\":1}", "{\"k\":\"x\",\"v\":1}|{\"k\":\"z\"}|{}")]
    [InlineData("""{"not": {"oneOf": [{"type": "string"}, {"maxLength": 2}]}}""", "\"ab\"|\"\"", "\"abc\"|1|{}")]
    [InlineData("""
        {"if": {"properties": {"k": {"const": 1}}, "required": ["k"]}, "then": {"required": ["a"]}, "else": {"required": ["b"]}}
        """,
        "{\"k\":1,\"a\":0}|{\"k\":2,\"b\":0}|{\"b\":0}", "{\"k\":1,\"b\":0}|{\"k\":2,\"a\":0}|{}")]
    [InlineData("""{"if": {"type": "integer"}, "then": {"minimum": 5}}""", "5|4.5|\"x\"", "4")]
    public void Combinations(string schema, string allowed, string forbidden) => Check(schema, allowed, forbidden);

    [Theory]
    [InlineData("""{"$ref": "#/$defs/a%25b", "$defs": {"a%b": {"type": "null"}}}""", "null", "1")]
    [InlineData("""{"properties": {"next": {"$ref": "#"}}, "additionalProperties": false}""", "{}|{\"next\":{\"next\":{}}}",
        "{\"next\":{\"x\":1}}")]
    [InlineData("""{"$ref": "#name", "$defs": {"x": {"$anchor": "name", "type": "null"}}}""", "null", "1")]
    [InlineData(
        """
            {"$id": "http://x.y/root", "$ref": "other#/$defs/n", "$defs": {"o": {"$id": "other", "$defs": {"n": {"type": "null"}}}}}
            """, "null", "1")]
    [InlineData(
        """
            {"$schema": "http://json-schema.org/draft-04/schema#", "$ref": "#n", "definitions": {"x": {"id": "#n", "type": "null"}}}
            """, "null", "1")]
    [InlineData("""
        {"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"$ref": "#/definitions/s", "maxLength": 1}},
        "definitions": {"s": {"type": "string"}}}
        """,
        "{\"a\":\"long\"}", "{\"a\":1}")]
    [InlineData("""{"properties": {"a": {"$ref": "#/$defs/s", "maxLength": 1}}, "$defs": {"s": {"type": "string"}}}""", "{\"a\":\"l\"}",
        "{\"a\":\"long\"}|{\"a\":1}")]
    [InlineData(
        """
            {"$defs": {"t": {"anyOf": [{"type": "null"}, {"type": "array", "items": {"$ref": "#/$defs/t"}, "minItems": 2}]}},
            "$ref": "#/$defs/t"}
            """, "null|[null,[null,null]]", "[]|[null]|[null,1]")]
    [InlineData("""{"anyOf": [{"$ref": "#"}, {"type": "null"}]}""", "null", "1")]
    [InlineData("""{"properties": {"default": {"$anchor": "d", "type": "null"}, "b": {"$ref": "#d"}}}""", "{\"b\":null}", "{\"b\":1}")]
    [InlineData("""{"$ref": "#d", "dependentSchemas": {"enum": {"properties": {"const": {"$anchor": "d", "type": "null"}}}}}""", "null",
        "1")]
    public void References(string schema, string allowed, string forbidden) => Check(schema, allowed, forbidden);

    [Theory]
    [InlineData("""{"propertyNames": {"enum": ["a", "b"]}, "additionalProperties": {"type": "integer"}}""",
        "{\"b\":1,\"a\":2}|{}|{\"a\":1}", "{\"a\":1,\"a\":2}|{\"c\":1}|{\"a\":\"x\"}|{\"a\":1,\"b\":2,\"a\":3}")]
    [InlineData("""{"propertyNames": {"enum": ["a", "b"]}, "minProperties": 2}""", "{\"b\":1,\"a\":2}", "{\"a\":1,\"a\":2}|{\"a\":1}")]
    [InlineData("""{"propertyNames": {"const": "a"}, "patternProperties": {"^a": {"type": "null"}}}""", "{\"a\":null}|{}",
        "{\"a\":null,\"a\":null}|{\"a\":1}|{\"ab\":null}")]
    public void Names_that_a_schema_lists_are_written_once(string schema, string allowed, string forbidden) =>
        Check(schema, allowed, forbidden);

    [Theory]
    [InlineData("""{"properties": {"a": {}}, "patternProperties": {"^x": {}}, "unevaluatedProperties": false}""",
        "{}|{\"a\":1}|{\"xy\":1,\"a\":2}|3", "{\"b\":1}|{\"a\":1,\"b\":2}")]
    [InlineData("""{"properties": {"a": {}}, "unevaluatedProperties": {"type": "string"}}""",
        "{\"a\":1,\"b\":\"x\"}", "{\"b\":1}")]
    [InlineData("""
        {"allOf": [{"properties": {"a": {}}}, {"$ref": "#/$defs/b"}], "$defs": {"b": {"properties": {"b": {}}}},
        "unevaluatedProperties": false}
        """, "{\"a\":1,\"b\":2}|{\"b\":1}", "{\"c\":1}")]
    [InlineData("""
        {"anyOf": [{"properties": {"a": {"type": "integer"}}, "required": ["a"]}, {"properties": {"b": {}}, "required": ["b"]}],
        "unevaluatedProperties": false}
        """, "{\"a\":1}|{\"b\":1}|{\"a\":1,\"b\":2}", "{}|{\"a\":\"x\",\"b\":1}|{\"a\":1,\"c\":1}")]
    [InlineData("""
        {"oneOf": [{"properties": {"k": {"const": 1}, "a": {}}, "required": ["k"]}, {"properties": {"k": {"const": 2}, "b": {}},
        "required": ["k"]}], "unevaluatedProperties": false}
        """, "{\"k\":1,\"a\":0}|{\"k\":2,\"b\":0}|{\"k\":2}",
        "{\"k\":1,\"b\":0}|{\"k\":2,\"a\":0}|{\"a\":1}")]
    [InlineData("""
        {"if": {"properties": {"k": {"const": 1}}, "required": ["k"]}, "then": {"properties": {"a": {}}},
        "else": {"properties": {"b": {}}}, "unevaluatedProperties": false}
        """, "{\"k\":1,\"a\":0}|{\"b\":0}|{}",
        "{\"k\":1,\"b\":0}|{\"a\":0}|{\"k\":2}")]
    [InlineData("""{"properties": {"a": {}}, "dependentSchemas": {"a": {"properties": {"b": {}}}}, "unevaluatedProperties": false}""",
        "{\"a\":1,\"b\":2}|{\"a\":1}", "{\"b\":1}")]
    [InlineData("""{"allOf": [{"properties": {"a": {}}, "unevaluatedProperties": {"type": "integer"}}], "unevaluatedProperties": false}""",
        "{\"a\":\"x\",\"b\":2}", "{\"b\":\"x\"}")]
    [InlineData("""{"properties": {"a": {}}, "allOf": [{"unevaluatedProperties": false}]}""", "{}", "{\"a\":1}")]
    [InlineData("""{"not": {"not": {"properties": {"a": {}}}}, "unevaluatedProperties": false}""", "{}", "{\"a\":1}")]
    [InlineData("""{"not": {"properties": {"a": {}}, "unevaluatedProperties": false}}""", "{\"b\":1}|{\"a\":1,\"b\":1}", "{}|{\"a\":1}|3")]
    [InlineData("""{"properties": {"next": {"$ref": "#"}, "v": {}}, "unevaluatedProperties": false}""",
        "{\"next\":{\"v\":1,\"next\":{}}}", "{\"next\":{\"w\":1}}")]
    [InlineData("""{"$schema": "http://json-schema.org/draft-07/schema#", "unevaluatedProperties": false}""", "{\"a\":1}", "x")]
    public void Unevaluated_members(string schema, string allowed, string forbidden) => Check(schema, allowed, forbidden);

    [Theory]
    [InlineData("""{"prefixItems": [{"type": "string"}], "unevaluatedItems": false}""", "[]|[\"a\"]|{}", "[1]|[\"a\",1]")]
    [InlineData("""{"prefixItems": [true], "unevaluatedItems": {"type": "string"}}""", "[1,\"a\",\"b\"]", "[1,2]")]
    [InlineData("""{"contains": {"type": "string"}, "unevaluatedItems": {"type": "integer"}}""", "[\"a\"]|[1,\"a\",2,\"b\"]",
        "[]|[1]|[\"a\",null]")]
    [InlineData("""
        {"$schema": "https://json-schema.org/draft/2019-09/schema", "contains": {"type": "string"}, "unevaluatedItems": false}
        """,
        "3", "[\"a\"]|[]")]
    [InlineData("""
        {"$schema": "https://json-schema.org/draft/2019-09/schema", "items": [true], "additionalItems": {"type": "null"},
        "unevaluatedItems": false}
        """, "[1,null]", "[1,2]")]
    [InlineData("""{"anyOf": [{"prefixItems": [{"const": 1}]}, {"prefixItems": [true, {"const": 2}]}], "unevaluatedItems": false}""",
        "[1]|[0,2]|[1,2]|[]|[3]", "[1,3]|[0,2,3]|[1,2,3]")]
    [InlineData("""{"allOf": [{"items": true}], "unevaluatedItems": false}""", "[1,2,3]", "[1,")]
    public void Unevaluated_items(string schema, string allowed, string forbidden) => Check(schema, allowed, forbidden);

    [Theory]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(40)]
    public void Many_names_that_need_others(int count)
    {
        string pairs = string.Join(',', Enumerable.Range(0, count).Select(i => $"\"a{i}\": [\"b{i}\"]"));
        string chain = string.Join(',', Enumerable.Range(0, count).Select(i => $"\"a{i}\": [\"a{i + 1}\"]"));
        string all = string.Join(',', Enumerable.Range(0, count + 1).Select(i => $"\"a{i}\": 1"));

        Check($$"""{"dependentRequired": { {{pairs}} } }""", "{}|{\"b0\":1}|{\"a1\":1,\"b1\":2}|{\"b2\":1,\"a2\":1,\"b0\":3}|{\"c\":1}",
            "{\"a0\":1}|{\"a1\":1,\"b0\":1}|{\"b1\":1,\"a1\":1,\"a2\":1}");
        Check($$"""{"dependentRequired": { {{chain}} } }""", $"{{}}|{{{all}}}|{{\"a{count}\":1}}",
            $"{{\"a0\":1}}|{{{all[..^(all.Length - all.LastIndexOf(','))]}}}");
        Check($$"""{"dependentRequired": { {{pairs}} }, "maxProperties": 3, "required": ["a0"]}""",
            "{\"a0\":1,\"b0\":2,\"c\":3}", "{\"a0\":1,\"b0\":2,\"a1\":3,\"b1\":4}|{\"b0\":1}|{\"a0\":1,\"a1\":1,\"b1\":1}");
        Check($$"""{"dependentRequired": { {{pairs}} }, "properties": {"b1": false}, "additionalProperties": {"type": "integer"} }""",
            "{\"a0\":1,\"b0\":2}", "{\"a1\":1,\"b1\":1}|{\"a1\":1}");
        Check($$"""{"not": {"dependentRequired": { {{pairs}} } } }""", "{\"a0\":1}|{\"a0\":1,\"b0\":2,\"a1\":3}",
            "{}|{\"a0\":1,\"b0\":2}|3");
    }

    [Theory]
    [InlineData(8)]
    [InlineData(20)]
    public void Names_that_need_others_are_written_in_the_schemas_order(int count)
    {
        string pairs = string.Join(',', Enumerable.Range(0, count).Select(i => $"\"a{i}\": [\"b{i}\"]"));
        Grammar grammar = SchemaTexts.Compile(
            $$"""{"type": "object", "properties": {"b0": {}, "a0": {}, "a1": {}, "b1": {} }, "dependentRequired": { {{pairs}} } }""");

        Assert.True(SchemaTexts.IsAllowed(grammar, "{\"b0\": 1, \"a0\": 2}"));
        Assert.True(SchemaTexts.IsAllowed(grammar, "{\"a1\": 1, \"b1\": 2}"));
        Assert.False(SchemaTexts.IsAllowed(grammar, "{\"a0\": 2}"));
        Assert.False(SchemaTexts.IsAllowed(grammar, "{\"a1\": 1}"));
        Assert.False(SchemaTexts.IsAllowed(grammar, "{\"a1\": 1, \"c\": 2}"));
    }

    private static void Check(string schema, string allowed, string forbidden)
    {
        Grammar grammar = SchemaTexts.Compile(schema, SchemaTexts.Foreign);
        Assert.All(allowed.Split('|'), text => Assert.True(SchemaTexts.IsAllowed(grammar, text), $"{text} is forbidden"));
        Assert.All(forbidden.Split('|'), text => Assert.False(SchemaTexts.IsAllowed(grammar, text), $"{text} is allowed"));
    }
}
