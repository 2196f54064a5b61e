using System.Net;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.AspNetCore.Tests.Errors;

/// <summary>What the model refuses is told by the fields of the request, without names of .NET and files of the server.</summary>
public sealed class OptionErrorTests
{
    private const string Chat = "/v1/chat/completions";
    private const string Completions = "/v1/completions";
    private const string Embeddings = "/v1/embeddings";
    private const string Responses = "/v1/responses";

    private const string Unkept = """{"type": "array", "items": {"type": "string"}, "uniqueItems": true}""";

    [Theory]
    [InlineData(Chat, "\"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"n\", \"schema\": " + Unkept + "}}",
        "response_format", "#/uniqueItems")]
    [InlineData(Responses, "\"text\": {\"format\": {\"type\": \"json_schema\", \"name\": \"n\", \"schema\": " + Unkept + "}}",
        "text.format", "#/uniqueItems")]
    [InlineData(Chat, "\"json_schema\": " + Unkept, "json_schema", "#/uniqueItems")]
    [InlineData(Chat, "\"grammar\": \"root ::= (\"", "grammar", "cannot be kept")]
    [InlineData(Responses, "\"regex\": \"(\"", "regex", "cannot be kept")]
    [InlineData(Chat, "\"regex\": \"a\", \"grammar\": \"root ::= \\\"a\\\"\"", "regex", "is set beside grammar")]
    [InlineData(Chat, "\"min_p\": 3.5", "min_p", "is 3.5; expected between 0 and 1")]
    [InlineData(Chat, "\"repetition_penalty\": 0", "repetition_penalty", "is 0; expected more than 0")]
    [InlineData(Completions, "\"policy\": \"none\"", "policy", "is 'none'; expected full")]
    [InlineData(Chat, "\"policy\": \"tova\", \"state_size\": \"x\"", "state_size", "'x'")]
    [InlineData(Chat, "\"policy\": \"full\", \"state_size\": 4", "state_size", "expected no 'state_size'")]
    [InlineData(Responses, "\"adapter\": \"x\"", "adapter", "is 'x'; expected null")]
    [InlineData(Chat, "\"prompt_lookup_tokens\": 1000", "prompt_lookup_tokens", "is 1000")]
    [InlineData(Chat, "\"logit_bias\": {\"999999\": 1}", "logit_bias", "999999")]
    [InlineData(Completions, "\"logit_bias\": {\"999999\": 1}", "logit_bias", "999999")]
    [InlineData(Responses, "\"logit_bias\": {\"999999\": 1}", "logit_bias", "999999")]
    [InlineData(Embeddings, "\"dimensions\": 4000", "dimensions", "is 4000")]
    [InlineData(Chat, "\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"f\"}},"
        + " {\"type\": \"function\", \"function\": {\"name\": \"f\"}}]", "tools", "Two tools")]
    public async Task Refused_options_are_fields_of_the_request(string path, string fields, string parameter, string message)
    {
        await using TestHost host = await TestHost.StartAsync(Models.Calls);

        Answer answer = await host.PostAsync(path, Request(path, fields));

        Refused(answer, parameter, message);
    }

    [Fact]
    public async Task Model_without_a_place_for_tools_names_them()
    {
        await using TestHost host = await TestHost.StartAsync(Models.Llama);
        const string tool = """{"type": "function", "function": {"name": "f"}}""";

        Refused(await host.PostAsync(Chat, Request(Chat, $"\"tools\": [{tool}]")), "tools", "'tools' is set");
    }

    [Theory]
    [InlineData("data:x")]
    [InlineData("data:")]
    [InlineData("data:image/png;base64,!!!!")]
    [InlineData("no url")]
    public async Task Images_that_cannot_be_read_are_named(string url)
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m"));

        Answer answer = await host.PostAsync(Responses, Image(url));

        Refused(answer, "input[0].content[0].image_url", "expected a URL");
    }

    [Fact]
    public async Task Images_reach_clients_of_other_models_only()
    {
        ScriptedClient client = new("m");
        await using TestHost host = await TestHost.StartAsync(client);
        await using TestHost own = await TestHost.StartAsync(Models.Calls);

        Answer other = await host.PostAsync(Responses, Image("data:image/png;base64,AAAA"));
        Answer refused = await own.PostAsync(Responses, Image("https://example.com/cat.png"));

        Assert.True(other.Status == HttpStatusCode.OK, other.Text);
        Assert.IsType<DataContent>(client.Requests.Single().Messages[0].Contents.Single());
        Refused(refused, "input[0].content[0].type", "reads text only");
        Assert.Equal("unsupported_content", refused.Error.GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("""{"properties": 1}""", "properties")]
    [InlineData("""{"properties": ["a"]}""", "properties")]
    [InlineData("""{"properties": {"a": null}}""", "properties.a")]
    [InlineData("""{"properties": {"a": 1}}""", "properties.a")]
    [InlineData("""{"required": true}""", "required")]
    [InlineData("""{"required": [null]}""", "required[0]")]
    [InlineData("""{"type": 7}""", "type")]
    [InlineData("""{"type": "dict"}""", "type")]
    [InlineData("""{"properties": {"x": {"type": 7}}}""", "properties.x.type")]
    [InlineData("""{"properties": {"x": {"type": ["string", 7]}}}""", "properties.x.type[1]")]
    [InlineData("""{"properties": {"x": {"items": "str"}}}""", "properties.x.items")]
    [InlineData("""{"properties": {"x": {"items": [true, {"enum": 1}]}}}""", "properties.x.items[1].enum")]
    [InlineData("""{"properties": {"x": {"anyOf": {"type": "null"}}}}""", "properties.x.anyOf")]
    [InlineData("""{"properties": {"x": {"properties": {"y": {"required": true}}}}}""", "properties.x.properties.y.required")]
    [InlineData("""{"$defs": {"x": {"additionalProperties": 1}}}""", "$defs.x.additionalProperties")]
    [InlineData("""{"properties": {"x": {"description": [1]}}}""", "properties.x.description")]
    [InlineData("""{"properties": {"x": {"maximum": "9"}}}""", "properties.x.maximum")]
    [InlineData("""{"properties": {"x": {"maxLength": -1}}}""", "properties.x.maxLength")]
    public async Task Parameters_that_are_no_schema_are_named(string parameters, string place)
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m"));
        string function = $$"""{"name": "f", "parameters": {{parameters}}}""";

        Answer chat = await host.PostAsync(Chat, Request(Chat, $$"""
            "tools": [{"type": "function", "function": {{function}}}]
            """));
        Answer response = await host.PostAsync(Responses, Request(Responses, $$"""
            "tools": [{"type": "function", {{function[1..]}}]
            """));

        Refused(chat, $"tools[0].function.parameters.{place}", "expected");
        Refused(response, $"tools[0].parameters.{place}", "expected");
    }

    [Fact]
    public async Task Parameters_of_every_keyword_that_schemas_have_are_taken()
    {
        const string schema = """
            {"type": ["object", "null"], "title": "t", "description": null, "default": 7, "required": ["a"], "x-mine": [7],
             "properties": {"a": {"type": "string", "minLength": 1.0, "pattern": "a", "format": "date", "enum": ["a", 1, null]},
               "type": {"items": {"$ref": "#/$defs/n"}, "prefixItems": [true], "maxItems": 1e3, "uniqueItems": true},
               "b": {"anyOf": [{"const": null}, {"not": {}}], "nullable": true}, "c": true},
             "additionalProperties": false, "patternProperties": {"^x": {"multipleOf": 0.5}},
             "$defs": {"n": {"minimum": -1, "exclusiveMinimum": true, "examples": [{"type": 7}]}}}
            """;
        ScriptedClient client = new("m");
        await using TestHost host = await TestHost.StartAsync(client);

        Answer answer = await host.PostAsync(Chat, Request(Chat, $$$"""
            "tools": [{"type": "function", "function": {"name": "f", "parameters": {{{schema}}}}}]
            """));

        Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
    }

    [Fact]
    public async Task Template_that_refuses_is_told_without_its_file()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("retnet-");
        try
        {
            foreach (string file in Directory.GetFiles(Models.PathOf("llama-calls")))
                File.Copy(file, Path.Combine(folder.FullName, Path.GetFileName(file)));
            await File.WriteAllTextAsync(
                Path.Combine(folder.FullName, "chat_template.jinja"), "{{ raise_exception('Only ' + messages[0].content) }}");
            FakeLogCollector log = new();
            using TextModel model = TextModel.Load(folder.FullName, new ModelLoadOptions { Threads = 1 });
            await using TestHost host = await TestHost.StartAsync(
                model, configure: builder => builder.Logging.AddProvider(new FakeLoggerProvider(log)));

            Answer answer = await host.PostAsync(Chat, Request(Chat, "\"max_tokens\": 1"));

            Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
            string message = answer.Error.GetProperty("message").GetString()!;
            Assert.Contains("line 1, column", message, StringComparison.Ordinal);
            Assert.Contains("Only a private prompt", message, StringComparison.Ordinal);
            Assert.DoesNotContain(folder.FullName, message, StringComparison.Ordinal);
            string logged = string.Join('\n', log.GetSnapshot().Select(entry => entry.Message));
            Assert.Contains(folder.FullName, logged, StringComparison.Ordinal);
            Assert.DoesNotContain("private", logged, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Refusal_for_no_field_of_the_request_is_logged()
    {
        FakeLogCollector log = new();
        await using TestHost host = await TestHost.StartAsync(
            new ScriptedClient("m")
            {
                Answer = (messages, _, _) => messages[0].Text switch
                {
                    "argument" => throw new ArgumentException("An item is there.", "key"),
                    "other" => throw new NotSupportedException("Dimensions is 4; expected 3."),
                    _ => throw new ArgumentNullException("value"),
                },
            },
            configure: builder => builder.Logging.AddProvider(new FakeLoggerProvider(log)));

        Answer argument = await host.PostAsync(Chat, """{"messages": [{"role": "user", "content": "argument"}]}""");
        Answer other = await host.PostAsync(Chat, """{"messages": [{"role": "user", "content": "other"}]}""");
        Answer missing = await host.PostAsync(Chat, """{"messages": [{"role": "user", "content": "null"}]}""");

        Assert.Equal("An item is there.", argument.Error.GetProperty("message").GetString());
        Assert.Equal("Dimensions is 4; expected 3.", other.Error.GetProperty("message").GetString());
        Assert.Equal(
            (HttpStatusCode.BadRequest, HttpStatusCode.BadRequest, HttpStatusCode.InternalServerError),
            (argument.Status, other.Status, missing.Status));
        Assert.Equal(
            [LogLevel.Warning, LogLevel.Warning, LogLevel.Error],
            log.GetSnapshot().Where(entry => entry.Category!.EndsWith("OpenAIGate", StringComparison.Ordinal))
                .Select(entry => entry.Level));
    }

    [Theory]
    [InlineData(Chat, """{"messages": [{"role": "user", "content": "a"}], "n": 1, "n": 1}""", "n")]
    [InlineData(Chat, """{"messages": [{"role": "user", "ro\u006ce": "user", "content": "a"}]}""", "messages[0].role")]
    [InlineData(Responses, """{"input": [{"role": "user", "role": "user", "content": "a"}]}""", "input[0].role")]
    [InlineData(Responses, """{"input": "a", "metadata": {"x": {"y": 1, "y": 2}}}""", "metadata.x.y")]
    [InlineData(Embeddings, """{"input": "a", "more": [[1, {"a": 1, "b": 2, "a": 3}]]}""", "more[0][1].a")]
    public async Task Fields_that_are_there_twice_are_named(string path, string request, string parameter)
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m"));

        Refused(await host.PostAsync(path, request), parameter, "twice");
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[1]")]
    [InlineData("5")]
    public async Task Arguments_that_are_no_object_are_refused_by_both_endpoints(string arguments)
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m"));

        Answer chat = await host.PostAsync(Chat, $$$"""
            {"messages": [{"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{{{arguments}}}"}}]}]}
            """);
        Answer response = await host.PostAsync(Responses, $$"""
            {"input": [{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{{arguments}}"}]}
            """);

        Refused(chat, "messages[0].tool_calls[0].function.arguments", "JSON");
        Refused(response, "input[0].arguments", "JSON");
    }

    [Theory]
    [InlineData(Chat, "messages", """{"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "$"}}]}""")]
    [InlineData(Responses, "input", """{"type": "function_call", "call_id": "c", "name": "f", "arguments": "$"}""")]
    public async Task Of_an_argument_that_a_call_has_twice_the_last_counts(string path, string list, string item)
    {
        FunctionCallContent? call = null;
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m")
        {
            Answer = (messages, _, _) =>
            {
                call = messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().Single();
                return ScriptedClient.Updates("fine");
            },
        });
        string called = item.Replace("$", """{\"x\": 1, \"x\": 2}""", StringComparison.Ordinal);

        Answer answer = await host.PostAsync(path, $$"""{"{{list}}": [{{called}}, {"role": "user", "content": "a"}]}""");

        Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
        Assert.Equal("2", call!.Arguments!["x"]!.ToString());
    }

    private static void Refused(Answer answer, string parameter, string message)
    {
        Assert.True(answer.Status == HttpStatusCode.BadRequest, answer.Text);
        Assert.Equal(parameter, answer.Error.GetProperty("param").GetString());
        string told = answer.Error.GetProperty("message").GetString()!;
        Assert.Contains(message, told, StringComparison.Ordinal);
        Assert.DoesNotContain("Parameter", told, StringComparison.Ordinal);
        Assert.DoesNotContain("AdditionalProperties", told, StringComparison.Ordinal);
        Assert.Equal("invalid_request_error", answer.Error.GetProperty("type").GetString());
    }

    private static string Request(string path, string fields) => path switch
    {
        Chat => $$"""{"messages": [{"role": "user", "content": "a private prompt"}], {{fields}}}""",
        Completions => $$"""{"prompt": "a", {{fields}}}""",
        _ => $$"""{"input": "a", {{fields}}}""",
    };

    private static string Image(string url) =>
        $$"""{"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "{{url}}"}]}]}""";
}
