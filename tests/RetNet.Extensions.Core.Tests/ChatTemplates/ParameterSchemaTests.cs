using System.Text;
using System.Text.Json;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.ChatTemplates.Calls;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Grammars.JsonSchemas;
using RetNet.Extensions.Core.Tests.Tokenizers;
using RetNet.Extensions.Core.Tokenizers;
using static RetNet.Extensions.Core.Tests.ChatTemplates.OddFunction;

namespace RetNet.Extensions.Core.Tests.ChatTemplates;

/// <summary>Where arguments are written one by one, a parameter's schema is kept, or the function is named as one whose schema is not; and
/// what is written reads back as what the schema allows.</summary>
public sealed class ParameterSchemaTests
{
    private static readonly Tokenizer Tokenizer = GoldenTokenizers.ByteLevel;
    private static readonly TokenTrie Trie = new(Tokenizer);

    public static TheoryData<string, string, bool> Values => new()
    {
        { "true", "any text", true },
        { "true", "[12, \"a\"]", true },
        { """{"type": ["string", "null"], "description": "As functions of .NET describe string?."}""", "text", true },
        { """{"type": ["string", "null"]}""", "None", true },
        { """{"type": ["integer", "null"]}""", "3", true },
        { """{"type": ["integer", "null"]}""", "None", true },
        { """{"type": ["integer", "null"]}""", "three", false },
        { """{"type": ["integer", "null"], "minimum": 1}""", "1", true },
        { """{"type": ["integer", "null"], "minimum": 1}""", "null", true },
        { """{"type": ["integer", "null"], "minimum": 1}""", "0", false },
        { """{"type": ["boolean", "null"]}""", "True", true },
        { """{"type": ["boolean", "null"]}""", "None", true },
        { """{"type": "boolean", "const": true}""", "True", true },
        { """{"type": "boolean", "const": true}""", "False", false },
        { """{"type": ["string", "null"], "enum": ["C", "F", null]}""", "F", true },
        { """{"type": ["string", "null"], "enum": ["C", "F", null]}""", "None", true },
        { """{"type": ["string", "null"], "enum": ["C", "F", null]}""", "K", false },
        { """{"enum": ["C", "F", null]}""", "C", true },
        { """{"enum": ["C", "F", null]}""", "None", true },
        { """{"enum": ["C", "F", null]}""", "K", false },
        { """{"type": "string", "enum": ["C", null]}""", "C", true },
        { """{"type": "string", "enum": ["C", null]}""", "None", false },
        { """{"type": ["string", "null"], "enum": ["C"]}""", "C", true },
        { """{"type": ["string", "null"], "enum": ["C"]}""", "None", false },
        { """{"type": "string", "enum": ["a", "bb"], "maxLength": 1}""", "a", true },
        { """{"type": "string", "enum": ["a", "bb"], "maxLength": 1}""", "bb", false },
        { """{"type": "string", "enum": ["</parameter>", "bb"]}""", "bb", true },
        { """{"anyOf": [{"enum": ["C", "F"]}, {"type": "null"}], "default": null}""", "C", true },
        { """{"anyOf": [{"enum": ["C", "F"]}, {"type": "null"}], "default": null}""", "None", true },
        { """{"anyOf": [{"enum": ["C", "F"]}, {"type": "null"}], "default": null}""", "K", false },
        { """{"anyOf": [{"type": "string", "maxLength": 2}, {"type": "null"}]}""", "abc", false },
        { """{"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]}""", "1", true },
        { """{"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]}""", "null", true },
        { """{"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]}""", "0", false },
        { """{"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}""", "some text", true },
        { """{"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}""", "[\"a\", \"b\"]", true },
        { """{"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}""", "[1]", false },
        { """{"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}""", " [1]", false },
        { """{"anyOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "string"}, {"type": "null"}]}""", "None", true },
        { """{"anyOf": [{"type": "string"}, {"type": "integer", "maximum": 3}]}""", "3", true },
        { """{"anyOf": [{"type": "string"}, {"type": "integer", "maximum": 3}]}""", "4", false },
        { """{"anyOf": [{"type": "string"}, {"type": "integer", "maximum": 3}]}""", "4 or 5", true },
        { """{"anyOf": [{"type": "string"}, {"type": "object", "properties": {"a": {"type": "null"}}}]}""", "{\"a\": null}", true },
        { """{"anyOf": [{"type": "string"}, {"type": "object", "properties": {"a": {"type": "null"}}}]}""", "{\"a\": 1}", false },
        { """{"type": "string", "minLength": 5.0}""", "abcd", false },
        { """{"type": "string", "minLength": 5.0}""", "abcde", true },
        { """{"type": "string", "maxLength": 3e9}""", "abc", true },
        { """{"minLength": 2}""", "a", false },
        { """{"minLength": 2}""", "ab", true },
        { """{"minLength": 2}""", "5", true },
        { """{"type": "string", "format": "date"}""", "2024-02-29", true },
        { """{"type": "string", "format": "date"}""", "2023-02-29", false },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void A_value_is_allowed_where_the_schema_allows_it(string schema, string value, bool isAllowed)
    {
        JsonElement[] tools = [Tool(schema)];
        ConstrainedText text = Text(Format.Require(tools, several: false));

        Assert.Equal(isAllowed, text.TryAppend(Encoding.UTF8.GetBytes(Before + value + After)) && text.MustEnd);
        Assert.Empty(Format.Allow(tools, several: false)!.Unconstrained);
    }

    [Theory]
    [MemberData(nameof(Schemas))]
    public void Whatever_is_chosen_reads_back_as_what_the_schema_allows(string schema)
    {
        JsonElement[] tools = [Tool(schema)];
        Grammar calls = Format.Require(tools, several: false);
        Grammar valid = Grammar.FromJsonSchema(JsonElement.Parse(schema), new JsonSchemaOptions { Whitespace = JsonWhitespace.Any });
        for (int seed = 0; seed < 10; seed++)
        {
            FunctionCallReader reader = Format.CreateReader(tools);
            Assert.Equal("", reader.Add(Choose(calls, After, new Random(seed))) + reader.Finish());

            JsonElement value = Assert.Single(reader.Calls).Arguments.GetProperty("x");

            ConstrainedText text = Text(valid);
            Assert.True(text.TryAppend(Encoding.UTF8.GetBytes(value.GetRawText())) && text.MayEnd, value.GetRawText());
        }
    }

    public static TheoryData<string> Schemas => [.. Values.Select(row => (string)row[0]).Distinct(),
        """{"type": ["string", "integer"]}""", """{"anyOf": [{"enum": ["1", "2", "3"]}, {"enum": [4]}]}"""];

    [Theory]
    [InlineData("""{"type": "string", "pattern": 5}""", "pattern")]
    [InlineData("""{"type": "string", "pattern": "("}""", "x")]
    [InlineData("""{"type": "string", "minLength": "5"}""", "minLength")]
    [InlineData("""{"type": "string", "maxLength": -1}""", "maxLength")]
    [InlineData("""{"type": "string", "minLength": 3e9}""", "x")]
    [InlineData("""{"type": "string", "format": "regex"}""", "format")]
    [InlineData("""{"type": "string", "enum": ["a", "b"], "maxLength": 0}""", "x")]
    [InlineData("""{"type": "string", "enum": "a"}""", "enum")]
    [InlineData("""{"type": ["string", "null"], "enum": ["a"], "const": "a"}""", "const")]
    [InlineData("""{"type": "text"}""", "text")]
    [InlineData("""{"type": 5}""", "type")]
    [InlineData("""{"type": []}""", "x")]
    [InlineData("""{"enum": "a"}""", "enum")]
    [InlineData("""{"enum": []}""", "x")]
    [InlineData("""{"anyOf": "a"}""", "anyOf")]
    [InlineData("""{"anyOf": [{"type": "string"}, {"type": "integer", "maximum": 3, "oneOf": 1}]}""", "oneOf")]
    [InlineData("""{"type": ["string", "array"], "items": {"type": "string"}}""", "items")]
    [InlineData("""{"anyOf": [{"type": "string"}, 5]}""", "anyOf/1")]
    [InlineData("""{"anyOf": [{"type": "string"}], "type": "string"}""", "type")]
    [InlineData("""{"oneOf": [{"type": "string"}]}""", "oneOf")]
    [InlineData("""{"$ref": "#/$defs/unit"}""", "$ref")]
    [InlineData("false", "x")]
    [InlineData("5", "x")]
    public void A_schema_that_is_not_kept_is_named(string schema, string place)
    {
        JsonElement[] tools = [Tool(schema)];

        NotSupportedException failure = Assert.Throws<NotSupportedException>(() => Format.Require(tools, several: false));
        FunctionCallConstraint free = Format.Allow(tools, several: false)!;

        string named = Assert.Single(free.Unconstrained);
        Assert.Equal(failure.Message, named);
        Assert.Contains("'odd'", named, StringComparison.Ordinal);
        Assert.Contains("#/properties/x", named, StringComparison.Ordinal);
        Assert.Contains(place, named, StringComparison.Ordinal);
        ConstrainedText text = Text(free.Grammar);
        Assert.True(text.TryAppend(Encoding.UTF8.GetBytes((Before + "any text" + After)["<tool_call>".Length..])));
    }

    [Theory]
    [InlineData("""{"type": "array", "properties": {}}""", "type")]
    [InlineData("""{"type": "object", "required": "x"}""", "required")]
    [InlineData("""{"type": "object", "properties": {"x": {}}, "required": ["y"]}""", "required")]
    [InlineData("""{"type": "object", "properties": {"x": {}}, "required": [1]}""", "required")]
    public void Arguments_that_are_not_kept_are_named(string parameters, string keyword)
    {
        JsonElement[] tools = [JsonElement.Parse($$"""{"name": "odd", "parameters": {{parameters}} }""")];

        NotSupportedException failure = Assert.Throws<NotSupportedException>(() => Format.Require(tools, several: false));

        Assert.Contains($"'odd' cannot be kept: #/{keyword}", failure.Message, StringComparison.Ordinal);
        Assert.Equal([failure.Message], Format.Allow(tools, several: false)!.Unconstrained);
    }

    // Functions of .NET describe a recursive type by a place in the whole schema.
    [Theory]
    [InlineData("", "#/properties/x")]
    [InlineData("", "#/$defs/a~1%25")]
    [InlineData("\"$schema\": \"http://json-schema.org/draft-04/schema#\",", "#/$defs/a~1%25")]
    [InlineData("\"$schema\": \"http://json-schema.org/draft-07/schema#\",", "#/properties/x")]
    [InlineData("\"$id\": \"https://example.com/odd\",", "https://example.com/odd#/$defs/a~1%25")]
    public void References_in_a_parameter_lead_to_places_in_the_whole_schema(string head, string reference)
    {
        JsonElement[] tools = [JsonElement.Parse(
            $$"""
            {"name": "odd", "parameters": { {{head}} "type": "object", "properties": {"x": {{Node(reference)}} }, "required": ["x"],
            "$defs": {"a/%": {{Node("#/properties/x")}} } } }
            """)];
        Grammar calls = Format.Require(tools, several: false);

        Assert.True(Text(calls).TryAppend(Encoding.UTF8.GetBytes(Before + """{"next": {"next": {"next": null}}}""" + After)));
        Assert.False(Text(calls).TryAppend(Encoding.UTF8.GetBytes(Before + """{"next": {"next": {"next": 1}}}""" + After)));

        static string Node(string next) =>
            $$"""{"type": ["object", "null"], "properties": {"next": {"$ref": "{{next}}"} }, "additionalProperties": false}""";
    }

    [Fact]
    public void Functions_as_dotnet_describes_them_are_kept()
    {
        JsonElement[] tools = [JsonElement.Parse(
            """
            {"name": "odd", "parameters": {"type": "object", "properties": {
            "text": {"type": "string"}, "textOrNull": {"description": "Any.", "type": ["string", "null"]},
            "numberOrNull": {"type": ["integer", "null"]}, "unit": {"type": "string", "enum": ["C", "F"]},
            "unitOrNull": {"type": ["string", "null"], "enum": ["C", "F", null], "default": "C"},
            "number": {"type": "number", "default": 1.5}, "time": {"type": "string", "format": "date-time"},
            "id": {"type": ["string", "null"], "format": "uuid"},
            "span": {"$comment": "A time span.", "type": "string", "pattern": "^-?(\\d+\\.)?\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,7})?$"},
            "address": {"type": ["string", "null"], "format": "uri"},
            "letter": {"type": "string", "minLength": 1, "maxLength": 1},
            "any": true, "list": {"type": ["array", "null"], "items": {"type": ["string", "null"]}},
            "node": {"type": ["object", "null"], "properties": {"name": {"type": "string"}, "next": {"type": ["object", "null"],
            "properties": {"name": {"type": "string"}, "next": {"$ref": "#/properties/node/properties/next"}}}}, "default": null}},
            "required": ["text", "textOrNull"]}}
            """)];

        ConstrainedText call = Text(Format.Require(tools, several: false));

        Assert.True(call.TryAppend(Encoding.UTF8.GetBytes("<tool_call>\n<function=odd>\n<parameter=text>\na\n</parameter>\n"
            + "<parameter=textOrNull>\nNone\n</parameter>\n<parameter=span>\n00:10:00\n</parameter>\n<parameter=node>\n"
            + """{"name": "a", "next": {"name": "b", "next": null}}""" + After)));
        Assert.Empty(Format.Allow(tools, several: false)!.Unconstrained);
    }

    [Fact]
    public void References_of_many_parameters_in_a_large_schema_are_refused()
    {
        IEnumerable<string> properties = Enumerable.Range(0, 1000).Select(i =>
            $$"""  "x{{i}}": {"type": "array", "items": {"$ref": "#/$defs/a"}, "description": "{{new string('d', 500)}}"}  """);
        JsonElement[] tools = [JsonElement.Parse($$"""
            {"name": "odd", "parameters": {"type": "object", "properties": { {{string.Join(',', properties)}} }, "$defs": {"a": {} } } }
            """)];

        NotSupportedException failure = Assert.Throws<NotSupportedException>(() => Format.Require(tools, several: false));

        Assert.Contains("'odd' cannot be kept: #/properties/x", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_schema_may_be_as_deep_as_json_is_read()
    {
        string schema = """{"type": "null"}""";
        for (int i = 0; i < 60; i++)
            schema = $$"""{"type": "array", "items": {{schema}} }""";

        Grammar calls = Format.Require([Tool(schema)], several: false);

        Assert.True(Text(calls).TryAppend(Encoding.UTF8.GetBytes($"{Before}{new string('[', 60)}null{new string(']', 60)}{After}")));
    }

    [Theory]
    [InlineData("true")]
    [InlineData("[]")]
    [InlineData("\"object\"")]
    [InlineData("""{"type": "object", "properties": []}""")]
    [InlineData("""{"type": "object", "properties": true}""")]
    public void Parameters_that_no_object_describes_are_refused_with_the_functions_name(string parameters)
    {
        JsonElement[] tools = [JsonElement.Parse($$"""{"name": "odd", "parameters": {{parameters}} }""")];
        CallForm withoutArguments = new("<call=", ">", "</call>") { NoArguments = "/" };
        FunctionCallFormat[] formats = [Format, CallTemplates.Learn("tagged"), CallTemplates.Of(withoutArguments)];
        Assert.All(formats, format =>
        {
            Assert.Contains("'odd'", Assert.Throws<ArgumentException>(() => format.CreateReader(tools)).Message, StringComparison.Ordinal);
            Assert.Throws<ArgumentException>(() => format.Require(tools, several: false));
            Assert.Throws<ArgumentException>(() => format.Allow(tools, several: false));
        });
    }

    [Theory]
    [InlineData("""{"name": "\ud800"}""")]
    [InlineData("""{"name": "odd", "parameters": {"type": "object", "properties": {"\ud800": {"type": "string"}}}}""")]
    [InlineData("""{"name": "odd", "parameters": {"type": "object", "properties": {"x": {"enum": ["\ud800"]}}}}""")]
    [InlineData("""{"name": "odd", "parameters": {"type": "object", "properties": {"x": {"enum": [{"a": "\ud800"}]}}}}""")]
    public void Half_of_a_surrogate_pair_is_refused(string tool)
    {
        JsonElement[] tools = [JsonElement.Parse(tool)];

        Assert.Throws<ArgumentException>(() => Format.CreateReader(tools));
        Assert.Throws<ArgumentException>(() => Format.Require(tools, several: false));
        Assert.Throws<ArgumentException>(() => Format.Allow(tools, several: false));
    }

    [Theory]
    [InlineData("name")]
    [InlineData("type")]
    [InlineData("minimum")]
    public void Bytes_that_are_no_utf8_are_refused(string word)
    {
        // A parser of bytes does not look into names and strings.
        byte[] json = """{"name": "odd", "parameters": {"type": "object", "properties": {"x": {"minimum": 1}}}}"""u8.ToArray();
        json[json.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(word)) + 1] = 0xFF;
        JsonElement[] tools = [JsonElement.Parse(json)];

        Assert.Contains("UTF-8", Assert.Throws<ArgumentException>(() => Format.CreateReader(tools)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Format.Require(tools, several: false));
        Assert.Throws<ArgumentException>(() => Format.Allow(tools, several: false));
    }

    [Fact]
    public void A_tool_that_is_no_json_at_all_is_refused() =>
        Assert.Throws<ArgumentException>(() => Format.CreateReader([default(JsonElement)]));

    [Theory]
    [InlineData("xml")]
    [InlineData("tagged")]
    public void Of_keywords_that_appear_twice_the_last_counts(string family)
    {
        FunctionCallFormat format = CallTemplates.Learn(family);
        JsonElement[] tools = [JsonElement.Parse(
            """
            {"name": "odd", "parameters": {"type": "array", "type": "object",
            "properties": {"x": {"type": "integer", "enum": ["a"], "enum": [7]}}, "required": ["x"]}}
            """)];
        FunctionCallReader reader = format.CreateReader(tools);

        reader.Add(Choose(format.Require(tools, several: false), After, new Random(1)));
        reader.Finish();

        Assert.Equal(7, Assert.Single(reader.Calls).Arguments.GetProperty("x").GetInt32());
    }

    [Theory]
    [InlineData("""{"type": "array"}""", """["</parameter>", "\n</parameter>\n"]""")]
    [InlineData("""{"type": "array"}""", """["a ] b", "\"</parameter>\""]""")]
    [InlineData("""{"type": "object"}""", """{"a": "\n</parameter>\n</function>\n</tool_call>"}""")]
    [InlineData("""{"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}""", """["</parameter>"]""")]
    [InlineData("true", """{"a": ["</parameter>"]}""")]
    public void Json_may_hold_what_ends_a_parameter(string schema, string json)
    {
        JsonElement[] tools = [Tool(schema)];
        FunctionCallReader reader = Format.CreateReader(tools);

        foreach (char character in Before + json + After)
            Assert.Equal("", reader.Add([character]));
        Assert.Equal("", reader.Finish());

        Assert.True(JsonElement.DeepEquals(
            JsonElement.Parse(json), Assert.Single(reader.Calls).Arguments.GetProperty("x")));
        if (schema != "true")
            Assert.True(Text(Format.Require(tools, several: false)).TryAppend(Encoding.UTF8.GetBytes(Before + json + After)));
    }

    private static ConstrainedText Text(Grammar grammar) => new TokenConstraint(grammar, Trie, endTokens: []).CreateText();

    // At random, a text that may end hardly ever does.
    private static string Choose(Grammar grammar, string ending, Random random)
    {
        ConstrainedText text = Text(grammar);
        List<int> tokens = [];
        while (!text.MustEnd)
        {
            ConstrainedText end = text.Fork();
            if (random.Next(4) == 0 && end.TryAppend(Encoding.UTF8.GetBytes(ending)) && end.MayEnd)
                return Tokenizer.Decode([.. tokens], skipSpecialTokens: false) + ending;
            ulong[] mask = text.AllowedTokens().ToArray();
            int[] allowed = [.. Enumerable.Range(0, Tokenizer.VocabularySize).Where(token => (mask[token / 64] >> (token % 64) & 1) != 0)];
            int chosen = allowed[random.Next(allowed.Length)];
            Assert.True(text.TryAppend(chosen));
            tokens.Add(chosen);
            Assert.True(tokens.Count < 5_000, "The text does not end.");
        }

        return Tokenizer.Decode([.. tokens], skipSpecialTokens: false);
    }
}
