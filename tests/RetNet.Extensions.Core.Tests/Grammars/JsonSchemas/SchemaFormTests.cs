using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Grammars.JsonSchemas;

namespace RetNet.Extensions.Core.Tests.Grammars.JsonSchemas;

/// <summary>The form in which texts are written: order of members, white space, spelling.</summary>
public class SchemaFormTests
{
    private const string Person = """
        {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}, "pet": {"enum": ["cat", "d\u00f6g"]}},
        "required": ["name", "tail"]}
        """;

    [Theory]
    [InlineData("""{"name": "x", "tail": 1}""", true)]
    [InlineData("""{"name": "x", "age": 3, "pet": "cat", "tail": 1, "more": []}""", true)]
    [InlineData("""{"age": 3, "name": "x", "tail": 1}""", false)]
    [InlineData("""{"more": 1, "name": "x", "tail": 1}""", false)]
    [InlineData("""{"name":"x","tail":1}""", false)]
    [InlineData("""{"name": "x", "age": 3.0, "tail": 1}""", false)]
    [InlineData("""{"name": "x", "pet": "d\u00f6g", "tail": 1}""", true)]
    [InlineData("""{"name": "x", "pet": "dög", "tail": 1}""", true)]
    [InlineData("""{"name": "x", "name": "y", "tail": 1}""", false)]
    public void By_default_members_come_in_the_schemas_order_on_one_line(string text, bool isAllowed) =>
        Assert.Equal(isAllowed, SchemaTexts.IsAllowed(SchemaTexts.Compile(Person), text));

    [Theory]
    [InlineData("""{"tail": 1, "more": [], "age": 3, "name": "x"}""", true)]
    [InlineData("""{"tail": 1, "age": 3}""", false)]
    [InlineData("""{"tail": 1, "name": "x", "tail": 2}""", false)]
    public void Any_order_is_an_option(string text, bool isAllowed) =>
        Assert.Equal(isAllowed, SchemaTexts.IsAllowed(SchemaTexts.Compile(Person, new JsonSchemaOptions { AnyOrder = true }), text));

    [Theory]
    [InlineData(JsonWhitespace.None, """{"name":"x","tail":[1,2]}""", true)]
    [InlineData(JsonWhitespace.None, """{"name": "x", "tail": 1}""", false)]
    [InlineData(JsonWhitespace.Any, " { \"name\" :\n\t\"x\",\"tail\":[ 1 , 2 ] } ", true)]
    [InlineData(JsonWhitespace.Any, """{"\u006eame":"\u0078","tail":1}""", true)]
    public void White_space_is_an_option(JsonWhitespace whitespace, string text, bool isAllowed) =>
        Assert.Equal(
            isAllowed, SchemaTexts.IsAllowed(SchemaTexts.Compile(Person, new JsonSchemaOptions { Whitespace = whitespace }), text));

    [Theory]
    [InlineData("""{"pattern": "^[A-Z]-"}""", "\"A-1\"", true)]
    [InlineData("""{"pattern": "^[A-Z]-"}""", "\"\\u0041-1\"", false)]
    [InlineData("""{"pattern": "^[A-Z]-"}""", "\"A-\\u0031\"", false)]
    [InlineData("""{"format": "date"}""", "\"2024-02-29\"", true)]
    [InlineData("""{"format": "date"}""", "\"2024-02-\\u0032\\u0039\"", false)]
    [InlineData("""{"type": "string"}""", "\"a\\/b\"", false)]
    [InlineData("""{"type": "string"}""", "\"a/b \\\" \\\\ \\n \\u0001 \\u00e9 \\ud83d\\ude00 é\"", true)]
    [InlineData("{}", "{\"\\u0061\": 1}", false)]
    public void Plain_characters_are_written_as_they_are(string schema, string text, bool isWritten)
    {
        Assert.Equal(isWritten, SchemaTexts.IsAllowed(SchemaTexts.Compile(schema), text));
        Assert.True(SchemaTexts.IsAllowed(SchemaTexts.Compile(schema, SchemaTexts.Foreign), text));
    }

    [Theory]
    [InlineData("""{"type": "integer"}""", "-999999999999999999", true)]
    [InlineData("""{"type": "integer"}""", "1000000000000000000", false)]
    [InlineData("""{"type": "integer"}""", "0", true)]
    [InlineData("""{"type": "integer", "minimum": -5}""", "1000000000000000000", false)]
    [InlineData("""{"type": "integer", "minimum": 1000000000000000000}""", "1000000000000000000", true)]
    [InlineData("""{"type": "string", "format": "email"}""", "\"a.b@c.org\"", true)]
    [InlineData("""{"type": "string", "format": "email"}""", "\"a@c\"", false)]
    public void What_other_programs_read_is_written(string schema, string text, bool isWritten)
    {
        Assert.Equal(isWritten, SchemaTexts.IsAllowed(SchemaTexts.Compile(schema), text));
        Assert.True(SchemaTexts.IsAllowed(SchemaTexts.Compile(schema, SchemaTexts.Foreign), text));
    }

    [Theory]
    [InlineData("2024-02-29T23:59:59Z", true)]
    [InlineData("2024-02-29T23:59:59.1234567+14:00", true)]
    [InlineData("2024-02-29t23:59:59Z", false)]
    [InlineData("2024-02-29T23:59:59z", false)]
    [InlineData("2024-02-29T23:59:59.12345678901234567Z", false)]
    [InlineData("2024-02-29T23:59:59+14:01", false)]
    public void A_point_in_time_is_written_so_that_dotnet_reads_it(string time, bool isWritten)
    {
        const string schema = """{"type": ["string", "null"], "format": "date-time"}""";
        Assert.Equal(isWritten, SchemaTexts.IsAllowed(SchemaTexts.Compile(schema), $"\"{time}\""));
        Assert.True(SchemaTexts.IsAllowed(SchemaTexts.Compile(schema, SchemaTexts.Foreign), $"\"{time}\""));
        if (isWritten)
            Assert.Equal(2024, System.Text.Json.JsonSerializer.Deserialize<DateTimeOffset>($"\"{time}\"").Year);
    }

    [Theory]
    [InlineData("""{"properties": {"a": {"properties": {"b": {}}}}}""", """{"a": {"b": 1}}""", true)]
    [InlineData("""{"properties": {"a": {"properties": {"b": {}}}}}""", """{"a": {"c": 1}}""", false)]
    [InlineData("""{"properties": {"a": {}}, "additionalProperties": true}""", """{"a": 1, "c": 1}""", true)]
    [InlineData("""{"properties": {"a": {}}, "additionalProperties": {"type": "integer"}}""", """{"a": 1, "c": 1}""", true)]
    [InlineData("""{"properties": {"a": {}}, "patternProperties": {"^c": {}}}""", """{"a": 1, "c": 1}""", true)]
    [InlineData("""{"propertyNames": {"maxLength": 1}, "required": ["a"]}""", """{"a": 1, "c": 1}""", true)]
    [InlineData("""{"type": "object"}""", """{"c": 1}""", true)]
    [InlineData("""{"properties": {}}""", """{"c": 1}""", false)]
    [InlineData("""{"type": "object", "not": {"required": ["a"]}}""", """{"c": 1}""", true)]
    [InlineData("""{"properties": {"a": {}}, "required": ["b"]}""", """{"a": 1, "b": 1}""", true)]
    [InlineData("""{"properties": {"a": {}}, "required": ["b"]}""", """{"a": 1, "b": 1, "c": 1}""", false)]
    [InlineData("""{"properties": {"a": {}}, "minProperties": 2}""", """{"a": 1, "c": 1}""", true)]
    [InlineData("""{"allOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}]}""", """{"a": 1, "b": 1}""", true)]
    [InlineData("""{"allOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}]}""", """{"a": 1, "c": 1}""", false)]
    [InlineData("""{"properties": {"a": {}, "b": {}}, "not": {"properties": {"a": {"const": 1}}}}""", """{"a": 2, "b": 1}""", true)]
    [InlineData("""{"properties": {"a": {}, "b": {}}, "not": {"properties": {"a": {"const": 1}}}}""", """{"a": 1, "b": 1}""", false)]
    [InlineData("""{"oneOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"b": {"const": 1}}}]}""", """{"a": 1}""", false)]
    [InlineData("""{"oneOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"b": {"const": 1}}}]}""", """{"a": 1, "b": 2}""", true)]
    [InlineData("""{"$ref": "#/d", "properties": {"b": {}}, "d": {"properties": {"a": {}}}}""", """{"b": 1, "a": 1}""", true)]
    [InlineData("""{"$ref": "#/d", "properties": {"b": {}}, "d": {"properties": {"a": {}}}}""", """{"b": 1, "c": 1}""", false)]
    public void Only_named_members_are_an_option(string schema, string text, bool isAllowed) => Assert.Equal(
        isAllowed, SchemaTexts.IsAllowed(SchemaTexts.Compile(schema, new JsonSchemaOptions { OnlyNamed = true, AnyOrder = true }), text));

    [Theory]
    [InlineData("12", true)]
    [InlineData("9", false)]
    public void A_text_to_which_nothing_can_be_added_must_end(string text, bool mustEnd)
    {
        ConstrainedText number = new TokenConstraint(
            SchemaTexts.Compile("""{"type": "integer", "maximum": 99, "not": {"minimum": 100}}"""), TokenTrie.SingleBytes).CreateText();
        Assert.True(number.TryAppend(System.Text.Encoding.UTF8.GetBytes(text)));
        Assert.Equal((true, mustEnd), (number.MayEnd, number.MustEnd));
    }

    [Fact]
    public void What_stands_between_values_is_forced()
    {
        Grammar grammar = SchemaTexts.Compile(
            """{"type": "object", "properties": {"kind": {"const": "point"}, "x": {"type": "number"}}, "required": ["kind", "x"]}""");
        byte[] forced = new byte[100];
        int count = new TokenConstraint(grammar, TokenTrie.SingleBytes).CreateText().ForcedBytes(forced);
        Assert.Equal("{\"kind\": \"point\", \"x\": ", System.Text.Encoding.UTF8.GetString(forced, 0, count));
    }
}
