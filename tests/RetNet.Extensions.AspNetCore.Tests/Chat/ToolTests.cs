using System.Net;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace RetNet.Extensions.AspNetCore.Tests.Chat;

public sealed class ToolTests
{
    private const string Path = "/v1/chat/completions";

    private const string Weather = """
        {"messages": [{"role": "user", "content": "What is the weather in Paris?"}], "temperature": 0, "max_tokens": 60,
         "tools": [{"type": "function", "function": {"name": "get_weather", "description": "The weather in a city.",
         "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}]
        """;

    [Theory]
    [InlineData("\"required\"")]
    [InlineData("""{"type": "function", "function": {"name": "get_weather"}}""")]
    public async Task Required_call_comes_as_one_with_its_arguments(string choice)
    {
        await using TestHost host = await TestHost.StartAsync(Models.Calls);
        Answer answer = await host.PostAsync(Path, Weather + $", \"tool_choice\": {choice}}}");
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
        JsonElement first = answer.Json.GetProperty("choices")[0];
        Assert.Equal("tool_calls", first.GetProperty("finish_reason").GetString());
        JsonElement call = first.GetProperty("message").GetProperty("tool_calls")[0];
        Assert.Equal("function", call.GetProperty("type").GetString());
        Assert.NotEqual("", call.GetProperty("id").GetString());
        Assert.Equal("get_weather", call.GetProperty("function").GetProperty("name").GetString());
        JsonElement arguments = JsonElement.Parse(call.GetProperty("function").GetProperty("arguments").GetString()!);
        Assert.Equal(JsonValueKind.String, arguments.GetProperty("city").ValueKind);

        List<JsonElement> chunks = await host.StreamAsync(Path, Weather + $", \"tool_choice\": {choice}, \"stream\": true}}");
        JsonElement delta = chunks.Select(chunk => chunk.GetProperty("choices")[0].GetProperty("delta"))
            .Single(delta => delta.TryGetProperty("tool_calls", out _)).GetProperty("tool_calls")[0];
        Assert.Equal(0, delta.GetProperty("index").GetInt32());
        Assert.Equal(call.GetProperty("function").ToString(), delta.GetProperty("function").ToString());
        Assert.Equal("tool_calls", chunks[^1].GetProperty("choices")[0].GetProperty("finish_reason").GetString());

        // An empty text would be a part of the answer to clients.
        JsonElement role = chunks[0].GetProperty("choices")[0].GetProperty("delta");
        Assert.Equal(("assistant", JsonValueKind.Null), (role.GetProperty("role").GetString(), role.GetProperty("content").ValueKind));
    }

    [Fact]
    public async Task Stream_begins_with_an_empty_text_only_where_one_follows()
    {
        ScriptedClient client = new("m")
        {
            Answer = (messages, _, _) => messages[0].Text switch
            {
                "text" => ScriptedClient.Contents(new TextContent("a")),
                "thought" => ScriptedClient.Contents(new TextReasoningContent("a"), new TextContent("b")),
                _ => ScriptedClient.Contents(),
            },
        };
        await using TestHost host = await TestHost.StartAsync(client);
        foreach ((string question, string? content) in ((string, string?)[])[("text", ""), ("thought", null), ("nothing", "")])
        {
            List<JsonElement> chunks = await host.StreamAsync(
                Path, $$"""{"messages": [{"role": "user", "content": "{{question}}"}], "stream": true}""");
            Assert.Equal(content, chunks[0].GetProperty("choices")[0].GetProperty("delta").GetProperty("content").GetString());
            Assert.DoesNotContain(chunks[1..], chunk => chunk.ToString().Contains("role", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task No_call_comes_where_none_is_allowed()
    {
        await using TestHost host = await TestHost.StartAsync(Models.Calls);
        Answer answer = await host.PostAsync(Path, Weather + ", \"tool_choice\": \"none\"}");
        JsonElement message = answer.Json.GetProperty("choices")[0].GetProperty("message");
        Assert.False(message.TryGetProperty("tool_calls", out _));
        Assert.NotNull(message.GetProperty("content").GetString());
    }

    [Fact]
    public async Task A_cut_answer_says_so_also_where_it_has_a_call()
    {
        ScriptedClient client = new("m")
        {
            Answer = (_, _, _) => new[]
            {
                new ChatResponseUpdate(ChatRole.Assistant, [new FunctionCallContent("1", "get_weather")]),
                new ChatResponseUpdate { FinishReason = ChatFinishReason.Length },
            }.ToAsyncEnumerable(),
        };
        await using TestHost host = await TestHost.StartAsync(client);
        JsonElement choice = (await host.PostAsync(Path, Weather + "}")).Json.GetProperty("choices")[0];

        Assert.Equal("length", choice.GetProperty("finish_reason").GetString());
        Assert.Equal(1, choice.GetProperty("message").GetProperty("tool_calls").GetArrayLength());
    }

    [Fact]
    public async Task Result_of_a_call_goes_back_to_the_model()
    {
        await using TestHost host = await TestHost.StartAsync(Models.Calls);
        string request = Weather.Replace("Paris?\"}]", """
            Paris?"}, {"role": "assistant", "content": null, "tool_calls": [{"id": "call_1", "type": "function",
             "function": {"name": "get_weather", "arguments": "{\"city\": \"Paris\"}"}}]},
             {"role": "tool", "tool_call_id": "call_1", "content": "rain"}]
            """, StringComparison.Ordinal);
        Answer answer = await host.PostAsync(Path, request + "}");
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
        Assert.Equal("stop", answer.Json.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.Contains("rain", answer.Content, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_reaches_a_client_as_options_and_messages()
    {
        ScriptedClient client = new("m");
        await using TestHost host = await TestHost.StartAsync(client);
        await host.PostAsync(Path, """
            {"messages": [{"role": "developer", "content": "s"},
             {"role": "user", "name": "ann", "content": [{"type": "text", "text": "u"}]},
             {"role": "assistant", "reasoning_content": "r", "content": "a"}, {"role": "user", "content": "v"}],
             "temperature": 0.5, "top_p": 0.25, "top_k": 7, "max_completion_tokens": 9, "max_tokens": 3, "seed": 11, "stop": ["x", "y"],
             "presence_penalty": 1, "frequency_penalty": -1, "parallel_tool_calls": false, "reasoning_effort": "high",
             "logit_bias": {"4": -2}, "policy": "tova", "state_size": "25%", "sinks": 2, "prompt_chunk": 16, "min_p": 0.1, "adapter": "a",
             "repetition_penalty": 1.5, "grammar": "root ::= \"a\"", "regex": "a+", "json_schema": {"type": "string"},
             "tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "auto",
             "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}}
            """);
        (IReadOnlyList<ChatMessage> messages, ChatOptions? options) = Assert.Single(client.Requests);
        Assert.Equal([ChatRole.System, ChatRole.User, ChatRole.Assistant, ChatRole.User], messages.Select(message => message.Role));
        Assert.Equal(["s", "u", "a", "v"], messages.Select(message => message.Text));
        Assert.Equal("ann", messages[1].AuthorName);
        Assert.Equal("r", messages[2].Contents.OfType<TextReasoningContent>().Single().Text);
        Assert.NotNull(options);
        Assert.Equal((0.5f, 0.25f, 7, 9, 11), (options.Temperature, options.TopP, options.TopK, options.MaxOutputTokens, options.Seed));
        Assert.Equal((1f, -1f), (options.PresencePenalty, options.FrequencyPenalty));
        Assert.Equal(["x", "y"], options.StopSequences);
        Assert.False(options.AllowMultipleToolCalls);
        Assert.Equal(ReasoningEffort.High, options.Reasoning?.Effort);
        Assert.Equal(ChatToolMode.Auto, options.ToolMode);
        Assert.Equal("f", Assert.Single(options.Tools!).Name);
        Assert.Equal("n", Assert.IsType<ChatResponseFormatJson>(options.ResponseFormat).SchemaName);
        AdditionalPropertiesDictionary more = options.AdditionalProperties!;
        Assert.Equal("tova", more["policy"]);
        Assert.Equal("a", more["adapter"]);
        Assert.Equal("25%", more["state_size"]);
        Assert.Equal((2, 16, 0.1f, 1.5f), (more["sinks"], more["prompt_chunk"], more["min_p"], more["repetition_penalty"]));
        Assert.Equal("root ::= \"a\"", more["grammar"]);
        Assert.Equal("a+", more["regex"]);
        Assert.Equal(-2f, Assert.IsType<Dictionary<int, float>>(more["logit_bias"])[4]);
        Assert.Equal(true, more["refuse_when_busy"]);
        Assert.Null(options.ModelId);
    }

    [Theory]
    [InlineData("""{"mode": "required", "tools": [{"type": "function", "function": {"name": "g"}}]}""", "g", "required")]
    [InlineData("""{"mode": "auto", "tools": [{"type": "function", "function": {"name": "f"}}]}""", "f", "auto")]
    public async Task Only_allowed_tools_are_offered(string allowed, string offered, string mode)
    {
        ScriptedClient client = new("m");
        await using TestHost host = await TestHost.StartAsync(client);

        Answer answer = await host.PostAsync(Path, $$$"""
            {"messages": [{"role": "user", "content": "a"}],
             "tools": [{"type": "function", "function": {"name": "f"}}, {"type": "function", "function": {"name": "g"}}],
             "tool_choice": {"type": "allowed_tools", "allowed_tools": {{{allowed}}}}}
            """);

        Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
        ChatOptions options = client.Requests.Single().Options!;
        Assert.Equal(offered, options.Tools!.Single().Name);
        Assert.Equal(mode == "auto" ? ChatToolMode.Auto : ChatToolMode.RequireAny, options.ToolMode);
    }

    [Theory]
    [InlineData("""{"type": "allowed_tools"}""", "tool_choice.allowed_tools")]
    [InlineData("""{"type": "allowed_tools", "allowed_tools": {"mode": "auto"}}""", "tool_choice.allowed_tools.tools")]
    [InlineData("""{"type": "allowed_tools", "allowed_tools": {"mode": "any", "tools": []}}""", "tool_choice.allowed_tools.mode")]
    [InlineData("""{"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": []}}""", "tool_choice")]
    [InlineData(
        """{"type": "allowed_tools", "allowed_tools": {"tools": [{"type": "function", "function": {"name": "h"}}]}}""", "tool_choice")]
    [InlineData("""{"type": "allowed_tools", "allowed_tools": {"tools": [{"type": "mcp"}]}}""", "tool_choice.allowed_tools.tools[0].type")]
    [InlineData("""{"type": "function", "function": {"name": "h"}}""", "tool_choice")]
    [InlineData("""{"type": "mcp"}""", "tool_choice.type")]
    public async Task Wrong_choices_are_named(string choice, string parameter)
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m"));

        Answer answer = await host.PostAsync(Path, $$$"""
            {"messages": [{"role": "user", "content": "a"}], "tools": [{"type": "function", "function": {"name": "f"}}],
             "tool_choice": {{{choice}}}}
            """);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal(parameter, answer.Error.GetProperty("param").GetString());
    }

    [Fact]
    public async Task Functions_of_the_host_run_there_and_do_not_show()
    {
        int calls = 0;
        ScriptedClient model = new("m")
        {
            Answer = (messages, _, _) => messages[^1].Role == ChatRole.Tool
                ? ScriptedClient.Contents(new TextContent("It is noon."), new UsageContent(new() { OutputTokenCount = 3 }))
                : ScriptedClient.Contents(new FunctionCallContent("c", "clock"), new UsageContent(new() { OutputTokenCount = 2 })),
        };
        await using TestHost host = await TestHost.StartAsync(services => services.AddChatClient(model).UseFunctionInvocation(
            configure: invocation => invocation.AdditionalTools = [AIFunctionFactory.Create(() => ++calls, "clock")]));
        const string request = """{"messages": [{"role": "user", "content": "What time is it?"}]""";
        Answer answer = await host.PostAsync(Path, request + "}");
        Assert.Equal("It is noon.", answer.Content);
        Assert.Equal("stop", answer.Json.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.Equal(5, answer.Json.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        List<JsonElement> chunks = await host.StreamAsync(Path, request + ", \"stream\": true}");
        Assert.DoesNotContain(chunks, chunk => chunk.ToString().Contains("clock", StringComparison.Ordinal));
        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task Reasoning_is_apart_from_the_answer()
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m")
        {
            Answer = (_, _, _) => ScriptedClient.Contents(new TextReasoningContent("hm"), new TextContent("yes"),
                new UsageContent(new() { InputTokenCount = 9, CachedInputTokenCount = 4, OutputTokenCount = 2, ReasoningTokenCount = 1 })),
        });
        const string request = """{"messages": [{"role": "user", "content": "a"}]""";
        Answer answer = await host.PostAsync(Path, request + "}");
        JsonElement message = answer.Json.GetProperty("choices")[0].GetProperty("message");
        Assert.Equal("hm", message.GetProperty("reasoning_content").GetString());
        Assert.Equal("yes", answer.Content);
        JsonElement usage = answer.Json.GetProperty("usage");
        Assert.Equal(4, usage.GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32());
        Assert.Equal(1, usage.GetProperty("completion_tokens_details").GetProperty("reasoning_tokens").GetInt32());
        List<JsonElement> chunks = await host.StreamAsync(Path, request + ", \"stream\": true}");
        Assert.Equal("hm", chunks[1].GetProperty("choices")[0].GetProperty("delta").GetProperty("reasoning_content").GetString());
    }
}
