using System.Text;
using System.Text.Json;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.ChatTemplates.Calls;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Tests.Tokenizers;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Core.Tests.ChatTemplates;

/// <summary>Texts that a constraint leaves open, chosen token by token at random, are valid calls in the family's form.</summary>
public sealed class FunctionCallConstraintTests
{
    private const int MostTokens = 5000;

    private static readonly Tokenizer Tokenizer = GoldenTokenizers.ByteLevel;
    private static readonly TokenTrie Trie = new(Tokenizer);

    private static readonly JsonElement[] Tools =
    [
        JsonElement.Parse(
            """
            {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {
            "city": {"type": "string", "enum": ["Rome", "Sankt \"Pölten\""]}, "days": {"type": "integer", "minimum": 1, "maximum": 14},
            "detailed": {"type": "boolean"}}, "required": ["city"], "additionalProperties": false}}}
            """),
        JsonElement.Parse(
            """
                {"type": "function", "function": {"name": "time", "parameters": {"type": "object", "properties": {},
                "additionalProperties": false}}}
                """),
    ];

    public static TheoryData<string> Families => [.. CallTemplates.Names];

    [Theory]
    [MemberData(nameof(Families))]
    public void Whatever_is_chosen_is_calls_that_the_schemas_allow(string family)
    {
        FunctionCallFormat format = CallTemplates.Learn(family);
        Grammar calls = format.Require(Tools, several: true);
        for (int seed = 0; seed < 20; seed++)
        {
            string text = Choose(calls, new Random(seed));
            FunctionCallReader reader = format.CreateReader(Tools);

            Assert.Equal("", reader.Add(text) + reader.Finish());
            Assert.NotEmpty(reader.Calls);
            Assert.All(reader.Calls, call =>
            {
                Assert.Contains(call.Name, (string[])["weather", "time"]);
                Assert.All(call.Arguments.EnumerateObject(), argument => Assert.True((call.Name, argument.Name) switch
                {
                    ("weather", "city") => argument.Value.GetString() is "Rome" or "Sankt \"Pölten\"",
                    ("weather", "days") => argument.Value.GetInt32() is >= 1 and <= 14,
                    ("weather", "detailed") => argument.Value.ValueKind is JsonValueKind.True or JsonValueKind.False,
                    _ => false,
                }));
                Assert.Equal(call.Name == "weather", call.Arguments.TryGetProperty("city", out _));
            });
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void What_the_family_writes_is_allowed_to_its_end(string family)
    {
        FunctionCallFormat format = CallTemplates.Learn(family);
        string written = format.Form.Write([new FunctionCall("abcdefgh1", "weather",
            JsonElement.Parse("""{"city": "Rome", "days": 3, "detailed": true}"""))]).Text;
        ConstrainedText text = Text(format.Require(Tools, several: false));

        Assert.True(text.TryAppend(Encoding.UTF8.GetBytes(written)));
        Assert.True(text.MustEnd);
    }

    [Fact]
    public void An_argument_has_the_members_that_its_schema_names_and_no_others()
    {
        Grammar calls = CallTemplates.Learn("tagged").Require([JsonElement.Parse(
            """
            {"type": "function", "function": {"name": "draw", "parameters": {"type": "object", "properties": {"point": {"type": "object",
            "properties": {"x": {"type": "integer"}}, "required": ["x"]}}, "required": ["point"]}}}
            """)], several: false);
        ConstrainedText text = Text(calls);

        Assert.True(text.TryAppend("<tool_call>\n{\"name\": \"draw\", \"arguments\": {\"point\": {\"x\": 1"u8));
        Assert.False(text.TryAppend(", "u8));
        Assert.True(text.TryAppend("}}}\n</tool_call>"u8));
    }

    [Fact]
    public void The_required_function_alone_may_be_called()
    {
        FunctionCallFormat format = CallTemplates.Learn("tagged");
        for (int seed = 0; seed < 10; seed++)
            Assert.Contains("\"time\"", Choose(format.Require(Tools, several: true, "time"), new Random(seed)), StringComparison.Ordinal);

        ArgumentException failure = Assert.Throws<ArgumentException>(() => format.Require(Tools, several: true, "date"));
        Assert.Contains("'date'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("weather, time", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tagged", "<tool_call>", false)]
    [InlineData("xml", "<tool_call>", false)]
    [InlineData("json", "{\"name\": \"", true)]
    [InlineData("list with ids", "[TOOL_CALLS]", false)]
    public void A_free_answer_is_constrained_from_the_mark_of_a_call_on(string family, string mark, bool onlyAtStart)
    {
        FunctionCallFormat format = CallTemplates.Learn(family);
        FunctionCallConstraint constraint = format.Allow(Tools, several: false)!;

        Assert.Equal(onlyAtStart, constraint.Trigger!.OnlyAtStart);
        Assert.Equal([mark], constraint.Trigger.Texts);
        FunctionCallReader reader = format.CreateReader(Tools);
        string text = mark + Choose(constraint.Grammar, new Random(1));
        Assert.Equal("", reader.Add(text) + reader.Finish());
        Assert.Single(reader.Calls);
    }

    [Fact]
    public void Control_tokens_are_chosen_where_the_form_has_them_and_nowhere_else()
    {
        int mark = Tokenizer.TokenId("<|user|>")!.Value, end = Tokenizer.TokenId("<|end|>")!.Value;
        FunctionCallFormat format = new(new CallForm("<|user|>", "=", "<|end|>"),
            new Dictionary<string, int> { ["<|user|>"] = mark, ["<|end|>"] = end, ["<|pad|>"] = Tokenizer.TokenId("<|pad|>")!.Value });

        List<int> tokens = ChooseTokens(format.Require(Tools, several: false), new Random(3));

        Assert.Equal([mark, end], tokens.Where(Tokenizer.IsSpecial));
        Assert.Equal((mark, end), (tokens[0], tokens[^1]));
        Assert.Equal([mark, end], format.ControlTokens.Order().OrderBy(token => token == end));
        FunctionCallConstraint free = format.Allow(Tools, several: false)!;
        Assert.Equal([mark], free.Trigger!.Tokens);
        Assert.Empty(free.Trigger.Texts);
    }

    [Theory]
    [InlineData("tagged", """{"type": "object", "properties": {"a": {"$ref": "https://example.com/a"}}}""", "$ref")]
    [InlineData("xml", """{"type": "object", "properties": {"a": {"type": "string", "propertyNames": {}}}}""", "propertyNames")]
    [InlineData("xml", """{"type": "object", "properties": {}, "minProperties": 1}""", "minProperties")]
    public void A_schema_that_cannot_be_kept_is_named_with_its_function(string family, string schema, string keyword)
    {
        JsonElement[] tools = [.. Tools, JsonElement.Parse($$"""{"name": "odd", "parameters": {{schema}} }""")];
        FunctionCallFormat format = CallTemplates.Learn(family);

        NotSupportedException failure = Assert.Throws<NotSupportedException>(() => format.Require(tools, several: false));
        FunctionCallConstraint free = format.Allow(tools, several: false)!;

        Assert.Contains("'odd'", failure.Message, StringComparison.Ordinal);
        Assert.Contains(keyword, failure.Message, StringComparison.Ordinal);
        Assert.Contains("'odd'", Assert.Single(free.Unconstrained), StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_functions_have_the_same_constraint()
    {
        FunctionCallFormat format = CallTemplates.Learn("tagged");

        Assert.Same(format.Require(Tools, several: true), format.Require([.. Tools], several: true));
        Assert.NotSame(format.Require(Tools, several: true), format.Require(Tools, several: false));
    }

    private static ConstrainedText Text(Grammar grammar) => new TokenConstraint(grammar, Trie, endTokens: []).CreateText();

    private static string Choose(Grammar grammar, Random random) =>
        Tokenizer.Decode([.. ChooseTokens(grammar, random)], skipSpecialTokens: false);

    private static List<int> ChooseTokens(Grammar grammar, Random random)
    {
        ConstrainedText text = Text(grammar);
        List<int> tokens = [];
        while (!text.MustEnd && !(text.MayEnd && random.Next(2) == 0))
        {
            ulong[] mask = text.AllowedTokens().ToArray();
            int[] allowed = [.. Enumerable.Range(0, Tokenizer.VocabularySize).Where(token => (mask[token / 64] >> (token % 64) & 1) != 0)];
            int chosen = allowed[random.Next(allowed.Length)];
            Assert.True(text.TryAppend(chosen));
            tokens.Add(chosen);
            Assert.True(tokens.Count < MostTokens, "The text does not end.");
        }

        return tokens;
    }
}
