using System.Net;
using System.Text;
using System.Text.Json;

namespace RetNet.Extensions.AspNetCore.Tests.Errors;

public sealed class MalformedRequestTests
{
    private const string Chat = "/v1/chat/completions";

    [Theory]
    [InlineData("""{"messages": [{"role": "user", "content": 5}]}""", "messages[0].content")]
    [InlineData("""{"messages": [{"role": "wizard", "content": "a"}]}""", "messages[0].role")]
    [InlineData("""{"messages": [{"content": "a"}]}""", "messages[0].role")]
    [InlineData("""{"messages": [{"role": "user"}]}""", "messages[0].content")]
    [InlineData("""{"messages": []}""", "messages")]
    [InlineData("""{"messages": "hello"}""", "messages")]
    [InlineData("{}", "messages")]
    [InlineData("""{"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}""",
        "messages[0].content[0].type")]
    [InlineData("""{"messages": [{"role": "tool", "content": "a"}]}""", "messages[0].tool_call_id")]
    [InlineData("""{"messages": [{"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{"}}]}]}""",
        "messages[0].tool_calls[0].function.arguments")]
    [InlineData("""{"temperature": "hot"}""", "temperature")]
    [InlineData("""{"temperature": 3}""", "temperature")]
    [InlineData("""{"top_p": -1}""", "top_p")]
    [InlineData("""{"max_tokens": 0}""", "max_tokens")]
    [InlineData("""{"max_tokens": 1.5}""", "max_tokens")]
    [InlineData("""{"n": 1000000}""", "n")]
    [InlineData("""{"stop": [1]}""", "stop[0]")]
    [InlineData("""{"stop": ""}""", "stop")]
    [InlineData("""{"logit_bias": {"dog": 1}}""", "logit_bias")]
    [InlineData("""{"logit_bias": {"1": 101}}""", "logit_bias.1")]
    [InlineData("""{"response_format": {"type": "yaml"}}""", "response_format.type")]
    [InlineData("""{"response_format": {"type": "json_schema"}}""", "response_format.json_schema")]
    [InlineData("""{"tools": [{"type": "function"}]}""", "tools[0].function")]
    [InlineData("""{"tools": [{"type": "web_search"}]}""", "tools[0].type")]
    [InlineData("""{"tool_choice": "required"}""", "tool_choice")]
    [InlineData("""{"tool_choice": "sometimes"}""", "tool_choice")]
    [InlineData("""{"top_logprobs": 3}""", "top_logprobs")]
    [InlineData("""{"stream_options": {"include_usage": true}}""", "stream_options")]
    [InlineData("""{"stream": "yes"}""", "stream")]
    [InlineData("""{"seed": 1e400}""", "seed")]
    [InlineData("""{"functions": []}""", "functions")]
    [InlineData("""{"reasoning_effort": "extreme"}""", "reasoning_effort")]
    public async Task Wrong_fields_are_named(string request, string parameter)
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m"));
        if (!request.Contains("messages", StringComparison.Ordinal) && parameter != "messages")
            request = """{"messages": [{"role": "user", "content": "a"}], """ + request[1..];
        Answer answer = await host.PostAsync(Chat, request);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal(parameter, answer.Error.GetProperty("param").GetString());
        Assert.Equal("invalid_request_error", answer.Error.GetProperty("type").GetString());
        Assert.Contains(parameter, answer.Error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"messages": [}""", "LineNumber: 0 | BytePositionInLine: 14")]
    [InlineData("", "is not valid JSON")]
    [InlineData("[]", "is a list; expected a JSON object")]
    [InlineData("""{"messages": [{"role": "user", "content": "\ud800"}]}""", "at byte 42")]
    public async Task Bodies_that_are_no_json_name_the_place(string body, string message)
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m"));
        Answer answer = await host.PostAsync(Chat, body);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains(message, answer.Error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(30)]
    [InlineData(50)]
    [InlineData(60)]
    [InlineData(62)]
    [InlineData(200)]
    public async Task Json_that_is_nested_deep_is_no_failure_of_the_server(int depth)
    {
        await using TestHost host = await TestHost.StartAsync(Models.Calls);
        string deep = string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);
        string arguments = $"\"{deep.Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

        Answer[] answers =
        [
            await host.PostAsync("/v1/responses", $$"""{"input": "a", "metadata": {{deep}}, "max_output_tokens": 2}"""),
            await host.PostAsync("/v1/responses", $$"""
                {"input": [{"role": "user", "content": "a", "more": {{deep}} }], "max_output_tokens": 2}
                """),
            await host.PostAsync("/v1/responses", $$"""
                {"input": [{"type": "function_call", "call_id": "c", "name": "f", "arguments": {{arguments}}}], "max_output_tokens": 2}
                """),
            await host.PostAsync(Chat, $$$"""
                {"messages": [{"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": {{{arguments}}}}}]}],
                 "max_tokens": 2}
                """),
            await host.PostAsync(Chat, $$$"""
                {"messages": [{"role": "user", "content": "a"}], "max_tokens": 2,
                 "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "x": {{{deep}}} } } }]}
                """),
        ];

        Assert.All(answers, answer => Assert.True(
            answer.Status == HttpStatusCode.OK || (depth > 30 && answer.Status == HttpStatusCode.BadRequest), answer.Text));
    }

    [Fact]
    public async Task Bodies_that_are_no_utf8_are_refused()
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m"));
        using ByteArrayContent body = new([(byte)'{', (byte)'"', 0xFF, (byte)'"', (byte)':', (byte)'1', (byte)'}']);
        body.Headers.ContentType = new("application/json");
        using HttpResponseMessage response = await host.Client.PostAsync(Chat, body);
        Answer answer = await Answer.ReadAsync(response);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains("UTF-8", answer.Error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_models_and_paths_are_not_found()
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m"));
        Answer model = await host.PostAsync(Chat, """{"model": "gpt", "messages": [{"role": "user", "content": "a"}]}""");
        Assert.Equal(HttpStatusCode.NotFound, model.Status);
        Assert.Equal("model_not_found", model.Error.GetProperty("code").GetString());
        Assert.Equal("model", model.Error.GetProperty("param").GetString());
        Answer one = await host.GetAsync("/v1/models/gpt");
        Assert.Equal(HttpStatusCode.NotFound, one.Status);
        Assert.Equal("model_not_found", one.Error.GetProperty("code").GetString());
        Answer path = await host.GetAsync("/v1/assistants");
        Assert.Equal(HttpStatusCode.NotFound, path.Status);
        Assert.Equal("unknown_url", path.Error.GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("input_tokens")]
    [InlineData("compact")]
    [InlineData("resp_0123456789abcdef0123456789abcdef/cancel")]
    public async Task Paths_of_responses_that_there_are_not_are_not_found(string path)
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m"));

        Answer answer = await host.PostAsync($"/v1/responses/{path}", "{}");

        Assert.Equal(HttpStatusCode.NotFound, answer.Status);
        Assert.Equal("unknown_url", answer.Error.GetProperty("code").GetString());
        Answer id = await host.PostAsync("/v1/responses/resp_0123456789abcdef0123456789abcdef", "{}");
        Assert.Equal((HttpStatusCode.MethodNotAllowed, "GET, HEAD, DELETE"), (id.Status, id.Headers["Allow"]));
    }

    [Theory]
    [InlineData("/v1/models", HttpStatusCode.OK)]
    [InlineData("/v1/models/m", HttpStatusCode.OK)]
    [InlineData("/health/live", HttpStatusCode.OK)]
    [InlineData("/health/ready", HttpStatusCode.OK)]
    [InlineData("/v1/models/none", HttpStatusCode.NotFound)]
    [InlineData("/v1/responses/resp_0123456789abcdef0123456789abcdef", HttpStatusCode.NotFound)]
    public async Task Head_is_answered_as_get_is(string path, HttpStatusCode status)
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m"));
        using HttpRequestMessage request = new(HttpMethod.Head, path);
        using HttpResponseMessage head = await host.Client.SendAsync(request);
        Answer get = await host.GetAsync(path);

        Assert.Equal((status, status), (head.StatusCode, get.Status));
        Assert.Equal(get.Headers["Content-Length"], $"{head.Content.Headers.ContentLength}");
        Assert.Empty(await head.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Wrong_methods_name_the_right_one()
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m"));
        Answer get = await host.GetAsync(Chat);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, get.Status);
        Assert.Equal("POST", get.Headers["Allow"]);
        Assert.Equal("method_not_allowed", get.Error.GetProperty("code").GetString());
        Answer post = await host.PostAsync("/v1/models", "{}");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, post.Status);
        Assert.Equal("GET, HEAD", post.Headers["Allow"]);
    }

    [Fact]
    public async Task Other_content_types_are_refused()
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m"));
        using StringContent body = new("{}", Encoding.UTF8, "text/plain");
        using HttpResponseMessage response = await host.Client.PostAsync(Chat, body);
        Answer answer = await Answer.ReadAsync(response);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.Status);
        Assert.Contains("text/plain", answer.Error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fields_that_change_nothing_and_unknown_ones_are_tolerated()
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m"));
        Answer answer = await host.PostAsync(Chat, """
            {"model": "m", "messages":
             [{"role": "developer", "content": [{"type": "text", "text": "a"}]}, {"role": "user", "content": "b"}],
             "user": "u", "metadata": {"a": "b"}, "store": true, "service_tier": "auto", "parallel_tool_calls": true, "stop": null,
             "temperature": null, "n": null, "tools": null, "modalities": ["text"], "prediction": {"type": "content", "content": "b"},
             "something_new": {"x": [1, 2]}}
            """);
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal("hello", answer.Content);
    }

    [Fact]
    public async Task Failures_of_a_client_tell_nothing_of_themselves()
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m")
        {
            Answer = (_, _, _) => throw new InvalidOperationException("a secret"),
        });
        Answer answer = await host.PostAsync(Chat, """{"messages": [{"role": "user", "content": "a"}]}""");
        Assert.Equal(HttpStatusCode.InternalServerError, answer.Status);
        Assert.Equal("server_error", answer.Error.GetProperty("type").GetString());
        Assert.DoesNotContain("secret", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_that_finds_no_memory_may_come_again()
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m")
        {
            Answer = (_, _, _) => throw new InsufficientMemoryException("4096 bytes of something secret"),
        });
        Answer answer = await host.PostAsync(Chat, """{"messages": [{"role": "user", "content": "a"}]}""");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
        Assert.Equal("insufficient_memory", answer.Error.GetProperty("code").GetString());
        Assert.Equal("1", answer.Headers["Retry-After"]);
        Assert.DoesNotContain("secret", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_that_fails_ends_with_an_error_event()
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m") { Answer = (_, _, _) => Failing() });
        using HttpRequestMessage request = TestHost.Request(
            Chat, """{"messages": [{"role": "user", "content": "a"}], "stream": true}""", key: null);
        using HttpResponseMessage response = await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        string[] events = (await response.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("begun", events[1], StringComparison.Ordinal);
        JsonElement error = JsonElement.Parse(events[^1]["data: ".Length..]).GetProperty("error");
        Assert.Equal("server_error", error.GetProperty("type").GetString());

        static async IAsyncEnumerable<Microsoft.Extensions.AI.ChatResponseUpdate> Failing()
        {
            await foreach (Microsoft.Extensions.AI.ChatResponseUpdate update in ScriptedClient.Updates("begun"))
                yield return update;
            throw new InvalidOperationException("broken");
        }
    }
}
