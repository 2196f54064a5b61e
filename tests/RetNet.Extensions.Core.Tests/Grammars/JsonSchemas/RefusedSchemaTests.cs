using System.Text;
using RetNet.Extensions.Core.Grammars.Expressions;

namespace RetNet.Extensions.Core.Tests.Grammars.JsonSchemas;

/// <summary>Schemas that are refused: by the place of the keyword, and soon.</summary>
public class RefusedSchemaTests
{
    [Theory]
    [InlineData("""{"properties": {"a": {"type": "array", "uniqueItems": true}}}""", "#/properties/a/uniqueItems")]
    [InlineData("""{"$ref": "http://example.org/schema"}""", "#/$ref")]
    [InlineData("""{"items": {"$ref": "#/$defs/none"}}""", "#/items/$ref")]
    [InlineData("""{"pattern": "(a)\\1"}""", "#/pattern")]
    [InlineData("""{"patternProperties": {"(a)\\1": {}}}""", "#/patternProperties/(a)\\1")]
    [InlineData("""{"default": {"$anchor": "d"}, "properties": {"a": {"$ref": "#d"}}}""", "#/properties/a/$ref")]
    [InlineData("""{"format": "regex"}""", "#/format")]
    [InlineData("""{"type": "text"}""", "#/type")]
    [InlineData("""{"properties": {"a/b": {"minLength": "2"}}}""", "#/properties/a~1b/minLength")]
    [InlineData("""{"required": true}""", "#/required")]
    [InlineData("""{"enum": 3}""", "#/enum")]
    [InlineData("""{"multipleOf": 0}""", "#/multipleOf")]
    [InlineData("""{"properties": 1}""", "#/properties")]
    [InlineData("""{"allOf": [1]}""", "#/allOf/0")]
    [InlineData("""{"type": "string", "minLength": 3, "maxLength": 2}""", "#")]
    [InlineData("""{"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#"}}}""", "#")]
    [InlineData("""{"type": "object", "required": ["a"], "additionalProperties": false}""", "#")]
    [InlineData("""{"$ref": "#"}""", "#")]
    [InlineData("""{"enum": []}""", "#")]
    [InlineData("false", "#")]
    public void The_place_is_a_pointer_to_the_keyword(string schema, string place) =>
        Assert.Equal(place, Assert.Throws<GrammarException>(() => SchemaTexts.Compile(schema)).Place);

    [Fact]
    public void The_place_of_what_is_too_large_is_a_pointer_to_the_keyword()
    {
        string classes = string.Concat(Enumerable.Range(0, 400).Select(i => $"[\\\\p{{L}}{(char)(0x2500 + i)}]"));
        string digits = new('7', 2_000);
        Assert.Equal("#/minimum", Place($$"""{"minimum": {{digits}}}"""));
        Assert.Equal("#/pattern", Place($$"""{"pattern": "{{classes}}"}"""));
        Assert.StartsWith("#/patternProperties/[", Place($$"""{"patternProperties": {"{{classes}}": true} }"""), StringComparison.Ordinal);

        static string Place(string schema) => Assert.Throws<GrammarException>(() => SchemaTexts.Compile(schema)).Place;
    }

    [Fact]
    public void Too_many_combinations_of_what_is_evaluated_are_refused_by_the_keyword()
    {
        string alternatives = string.Join(',', Enumerable.Range(0, 20).Select(i => "{\"properties\": {\"a" + i + "\": {}}}"));

        Assert.Equal("#/unevaluatedProperties", Assert.Throws<GrammarException>(
            () => SchemaTexts.Compile($$"""{"anyOf": [{{alternatives}}], "unevaluatedProperties": false}""")).Place);
    }

    [Theory]
    [MemberData(nameof(HostileSchemas))]
    public void Hostile_schemas_are_refused(string name, string schema)
    {
        Assert.NotEmpty(name);
        Assert.Throws<GrammarException>(() => SchemaTexts.Compile(schema));
    }

    public static TheoryData<string, string> HostileSchemas()
    {
        string manyAlternatives = string.Join(',', Enumerable.Range(0, 40).Select(i =>
            $$"""{"anyOf": [{"required": ["a{{i}}"]}, {"required": ["b{{i}}"]}, {"minProperties": {{i}}}]}"""));
        string exclusions = string.Join(',', Enumerable.Range(0, 30).Select(i =>
            "{\"properties\": {\"a" + i + "\": {\"type\": \"integer\"}, \"b" + i + "\": {\"type\": \"string\"}}}"));
        StringBuilder lattice = new();
        for (int i = 0; i < 30; i++)
        {
            string next = $$"""{"$ref": "#/$defs/d{{i + 1}}"}""";
            lattice.Append(i > 0 ? "," : "").Append($$""" "d{{i}}": {"anyOf": [{{next}}, {{next}}]}""");
        }

        string names = string.Join(',', Enumerable.Range(0, 2_000).Select(i => $"\"n{i}\": true"));
        string exceptPatterns = string.Join(',', Enumerable.Range(0, 12).Select(i =>
            "{\"not\": {\"patternProperties\": {\"\": {\"minimum\": " + i + "}}}}"));
        string addresses = string.Join(',', Enumerable.Range(0, 100).Select(i => $"\"{i}\": {{\"$id\": \"{i}\"}}"));
        return new TheoryData<string, string>
        {
            {
                "many plans of many names", $$"""
                {"properties": { {{names}} }, "anyOf": [{{Repeated("{\"minProperties\": 1}", 4_000)}}]}
                """
            },
            {
                "many plans of many items", $$"""
                {"minItems": 5000, "prefixItems": [{{Repeated("true", 5_000)}}], "anyOf": [{{Repeated("{\"minItems\": 1}", 4_000)}}]}
                """
            },
            { "many ways to meet exclusions", $$"""{"type": "object", "properties": { {{names}} }, "allOf": [{{exceptPatterns}}]}""" },
            { "not one of many items", $$"""{"not": {"prefixItems": [{{Repeated("{\"type\": \"null\"}", 5_000)}}] } }""" },
            {
                "a long address", $$"""
                {"$id": "{{new string('a', 5_000)}}/", "$ref": "#x", "$defs": {"x": {"$anchor": "x"}, {{addresses}} } }
                """
            },
            { "product of alternatives", $$"""{"type": "object", "allOf": [{{manyAlternatives}}]}""" },
            { "exactly one of many that overlap", $$"""{"type": "object", "oneOf": [{{exclusions}}]}""" },
            { "exponent below every number", """{"minimum": 1e-2147483648}""" },
            { "deep", string.Concat(Enumerable.Repeat("{\"items\":", 9_000)) + "{\"type\":\"x\"}" + new string('}', 9_000) },
            { "deep not", string.Concat(Enumerable.Repeat("{\"not\":", 9_000)) + "false" + new string('}', 9_000) },
            { "doubling references", $$"""{"$ref": "#/$defs/d0", "$defs": { {{lattice}}, "d30": {"type": "object"} } }""" },
            { "unmeetable length", """
                {"type": "string", "minLength": 2000000000, "pattern": "^a*$", "maxLength": 2000000001, "not": {"pattern": "a"}}
                """ },
            { "many names", "{\"required\": [" + string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"\"name {i}\"")) + "]}" },
            { "counted items", """{"contains": {"type": "null"}, "minContains": 100000}""" },
        };
    }

    private static string Repeated(string item, int count) => string.Join(',', Enumerable.Repeat(item, count));
}
