using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AI.Tests;

/// <summary>Answers in a JSON format or of a grammar, by models that would tell a story.</summary>
public sealed class StructuredAnswerTests
{
    private const string Schema = """
        {"type": "object", "properties": {"name": {"type": "string", "maxLength": 8}, "age": {"type": "integer", "minimum": 1,
        "maximum": 99},
         "kind": {"enum": ["dog", "cat"]}}, "required": ["name", "age", "kind"], "additionalProperties": false}
        """;

    [Theory]
    [InlineData("retnet-tinystories", 0f)]
    [InlineData("retnet-tinystories", 1f)]
    [InlineData("llama-tinystories", 0f)]
    [InlineData("llama-tinystories", 1f)]
    public async Task An_answer_keeps_its_schema(string model, float temperature)
    {
        using RetNetChatClient client = new(Models.Get(model));
        ChatOptions options = new()
        {
            ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse(Schema)),
            Temperature = temperature,
            Seed = 7,
        };

        ChatResponse[] responses = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => client.GetResponseAsync(Golden.Prompt, options)));

        foreach (ChatResponse response in responses)
        {
            Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
            JsonElement answer = JsonElement.Parse(response.Text);
            Assert.Equal(["name", "age", "kind"], answer.EnumerateObject().Select(property => property.Name));
            Assert.InRange(answer.GetProperty("name").GetString()!.Length, 0, 8);
            Assert.InRange(answer.GetProperty("age").GetInt32(), 1, 99);
            Assert.Contains(answer.GetProperty("kind").GetString(), (string[])["dog", "cat"]);
            Assert.Equal(responses[0].Text, response.Text);
        }
    }

    [Fact]
    public async Task What_is_streamed_is_the_same_answer()
    {
        using RetNetChatClient client = new(Models.RetNet);
        ChatOptions options = new() { ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse(Schema)), Temperature = 0 };

        string streamed = "";
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(Golden.Prompt, options))
            streamed += update.Text;

        Assert.Equal((await client.GetResponseAsync(Golden.Prompt, options)).Text, streamed);
    }

    [Theory]
    [InlineData("regex", "(yes|no), (never|always)!", "^(yes|no), (never|always)!$")]
    [InlineData("grammar", "root ::= \"red\" | \"green\" [0-9]", "^(red|green[0-9])$")]
    [InlineData("grammar", "root ::= <|assistant|> [0-9]{2}", "^[0-9]{2}$")]
    [InlineData("json_schema", """{"enum": [17, true, "x"]}""", "^(17|true|\"x\")$")]
    public async Task Further_grammars_come_among_the_additional_properties(string key, string value, string expected)
    {
        using RetNetChatClient client = new(Models.RetNet);

        ChatResponse response = await client.GetResponseAsync(
            Golden.Prompt, new ChatOptions { AdditionalProperties = new() { [key] = value } });

        Assert.Matches(expected, response.Text);
    }

    [Fact]
    public async Task Further_grammars_are_properties_of_the_options()
    {
        using RetNetChatClient client = new(Models.RetNet);

        Assert.Matches("^(yes|no)$", await AnswerAsync(new() { Regex = "yes|no" }));
        Assert.Matches("^(red|green)$", await AnswerAsync(new() { Grammar = "root ::= \"red\" | \"green\"" }));
        Assert.Matches("^(17|true)$", await AnswerAsync(new() { JsonSchema = JsonElement.Parse("""{"enum": [17, true]}""") }));

        async Task<string> AnswerAsync(ChatOptions options) => (await client.GetResponseAsync(Golden.Prompt, options)).Text;
    }

    [Fact]
    public void Properties_of_the_options_are_kept_among_the_additional_ones()
    {
        ChatOptions options = new() { AdditionalProperties = new() { ["policy"] = "tova" }, Regex = "yes|no" };

        Assert.Equal("yes|no", options.Clone().Regex);
        Assert.Equal("yes|no", options.AdditionalProperties!["regex"]);
        Assert.Null(options.Grammar);
        options.AdditionalProperties["json_schema"] = """{"type": "null"}""";
        Assert.Equal("null", options.JsonSchema!.Value.GetProperty("type").GetString());
        (options.Regex, options.JsonSchema) = (null, null);
        Assert.Equal(["policy"], options.AdditionalProperties.Keys);
        Assert.Throws<ArgumentNullException>(() => ((ChatOptions)null!).Grammar);
        Assert.Throws<ArgumentNullException>(() => ((ChatOptions)null!).Regex = "yes|no");
    }

    [Fact]
    public async Task A_schema_that_holds_no_json_is_named()
    {
        using RetNetChatClient client = new(Models.Llama);

        Assert.Contains("json_schema is a default JsonElement", await RefusalAsync(new() { JsonSchema = default(JsonElement) }));
        Assert.Contains("ResponseFormat is a default JsonElement", await RefusalAsync(
            new() { ResponseFormat = ChatResponseFormat.ForJsonSchema(default(JsonElement)) }));

        async Task<string> RefusalAsync(ChatOptions options) =>
            (await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync(Golden.Prompt, options))).Message;
    }

    [Fact]
    public async Task A_format_without_a_schema_is_an_object_that_may_be_cut_off()
    {
        using RetNetChatClient client = new(Models.Llama);

        ChatResponse response = await client.GetResponseAsync(
            Golden.Prompt, new ChatOptions { ResponseFormat = ChatResponseFormat.Json, Temperature = 0, MaxOutputTokens = 4 });

        Assert.StartsWith("{", response.Text, StringComparison.Ordinal);
        Assert.Equal(ChatFinishReason.Length, response.FinishReason);
    }

    [Fact]
    public async Task An_object_has_the_members_that_a_type_names_and_no_others()
    {
        using RetNetChatClient client = new(Models.Llama);

        ChatResponse<Pet> response = await client.GetResponseAsync<Pet>(
            "Tell me of a dog.", new ChatOptions { Temperature = 0, MaxOutputTokens = 200 });

        Assert.Equal(["name", "home"], JsonElement.Parse(response.Text).EnumerateObject().Select(member => member.Name));
        Assert.NotNull(response.Result.Name);
    }

    [Fact]
    public async Task Members_that_only_another_part_of_a_schema_names_are_written()
    {
        using RetNetChatClient client = new(Models.Llama);
        ChatOptions options = new()
        {
            Temperature = 0,
            MaxOutputTokens = 200,
            ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse(
                """
                {"allOf": [{"type": "object", "properties": {"a": {"const": 1}}, "required": ["a"]},
                {"properties": {"b": {"const": 2}}, "required": ["b"]}], "maxProperties": 2}
                """)),
        };

        Assert.Equal("{\"a\": 1, \"b\": 2}", (await client.GetResponseAsync("Tell me of a dog.", options)).Text);
    }

    [Theory]
    [InlineData("""
        {"type": "object", "properties": {"a": {"enum": [1, 2]}, "b": {"const": 1}}, "required": ["a", "b"],
        "not": {"properties": {"a": {"const": 1}}}}
        """, "{\"a\": 2, \"b\": 1}")]
    [InlineData("""
        {"oneOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"b": {"const": 1}}}], "type": "object",
        "properties": {"a": {"const": 1}, "b": {"enum": [1, 2]}}, "required": ["a"]}
        """, "{\"a\": 1, \"b\": 2}")]
    public async Task What_a_schema_excludes_is_not_written(string schema, string expected)
    {
        using RetNetChatClient client = new(Models.Llama);
        ChatOptions options = new()
        {
            Temperature = 0,
            MaxOutputTokens = 200,
            ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse(schema)),
        };

        Assert.Equal(expected, (await client.GetResponseAsync("Tell me of a dog.", options)).Text);
    }

    [Fact]
    public async Task A_schema_that_cannot_be_kept_is_refused_by_its_keyword()
    {
        using RetNetChatClient client = new(Models.RetNet);
        ChatOptions options = new()
        {
            ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse("""{"$ref": "https://example.com/other.json"}""")),
        };

        NotSupportedException refused = await Assert.ThrowsAsync<NotSupportedException>(() => client.GetResponseAsync("Hi", options));

        Assert.Contains("$ref", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("regex", "(")]
    [InlineData("grammar", "root ::= nothing")]
    [InlineData("json_schema", "{")]
    public async Task A_malformed_grammar_is_the_callers_mistake(string key, string value)
    {
        using RetNetChatClient client = new(Models.RetNet);

        ArgumentException refused = await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync(
            "Hi", new ChatOptions { AdditionalProperties = new() { [key] = value } }));

        Assert.Contains(key, refused.Message, StringComparison.Ordinal);
    }

    private sealed record Pet([property: MaxLength(12)] string Name, Home? Home);

    private sealed record Home([property: MaxLength(12)] string Town);
}
