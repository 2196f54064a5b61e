using System.Net;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace RetNet.Extensions.AspNetCore.Tests.Responses;

/// <summary>What a response tells of the answer of any chat client.</summary>
public sealed class ResponsesTests
{
    private const string Path = "/v1/responses";

    private static ScriptedClient Client(params AIContent[] contents) =>
        new("scripted") { Answer = (_, _, _) => ScriptedClient.Contents(contents) };

    [Fact]
    public async Task Events_of_a_message_come_in_order()
    {
        await using TestHost host = await TestHost.StartAsync(Client(new TextContent("Hello "), new TextContent("you.")));

        List<JsonElement> events = await StreamAsync(host, """{"input": "Hi.", "stream": true}""");

        Assert.Equal(
            [
                "response.created", "response.in_progress", "response.output_item.added", "response.content_part.added",
                "response.output_text.delta", "response.output_text.delta", "response.output_text.done", "response.content_part.done",
                "response.output_item.done", "response.completed",
            ],
            Types(events));
        Assert.Equal(Enumerable.Range(0, events.Count), events.Select(item => item.GetProperty("sequence_number").GetInt32()));
        string id = events[2].GetProperty("item").GetProperty("id").GetString()!;
        Assert.All(events[3..8], item => Assert.Equal(id, item.GetProperty("item_id").GetString()));
        Assert.All(events[2..9], item => Assert.Equal(0, item.GetProperty("output_index").GetInt32()));
        Assert.Equal("Hello you.", events[6].GetProperty("text").GetString());
        Assert.Equal("in_progress", events[2].GetProperty("item").GetProperty("status").GetString());
        Assert.Equal("completed", events[8].GetProperty("item").GetProperty("status").GetString());
        Assert.Equal(events[8].GetProperty("item").GetRawText(), events[9].GetProperty("response").GetProperty("output")[0].GetRawText());
    }

    [Fact]
    public async Task The_times_of_a_response_are_those_of_the_application()
    {
        await using TestHost host = await TestHost.StartAsync(services =>
            services.AddSingleton<IChatClient>(Client(new TextContent("Hello."))).AddSingleton<TimeProvider>(new FixedTime()));

        JsonElement response = (await host.PostAsync(Path, """{"input": "Hi."}""")).Json;

        Assert.Equal(1_000_000_000, response.GetProperty("created_at").GetInt64());
        Assert.Equal(1_000_000_000, response.GetProperty("completed_at").GetInt64());
    }

    [Theory]
    [InlineData("null", "response.content_part.added", "response.reasoning_text.delta", "response.reasoning_text.done", "content")]
    [InlineData("\"auto\"", "response.reasoning_summary_part.added", "response.reasoning_summary_text.delta",
        "response.reasoning_summary_text.done", "summary")]
    public async Task Reasoning_is_an_item_of_its_own(string summary, string added, string delta, string done, string place)
    {
        ScriptedClient client = Client(new TextReasoningContent("Hm, "), new TextReasoningContent("a greeting."),
            new TextContent("Hello."));
        await using TestHost host = await TestHost.StartAsync(client);

        List<JsonElement> events = await StreamAsync(
            host, $$$"""{"input": "Hi.", "stream": true, "reasoning": {"effort": "low", "summary": {{{summary}}}}}""");

        Assert.Equal([added, delta, delta, done], Types(events)[3..7]);
        JsonElement output = events[^1].GetProperty("response").GetProperty("output");
        Assert.Equal(["reasoning", "message"], output.EnumerateArray().Select(item => item.GetProperty("type").GetString()));
        Assert.Equal("Hm, a greeting.", output[0].GetProperty(place)[0].GetProperty("text").GetString());
        Assert.Equal(1, events.Last(item => item.TryGetProperty("delta", out _)).GetProperty("output_index").GetInt32());
        Assert.Equal(ReasoningEffort.Low, client.Requests.Single().Options!.Reasoning!.Effort);
    }

    [Fact]
    public async Task Log_probabilities_end_where_a_stop_string_ends_the_text()
    {
        await using TestHost host = await TestHost.StartAsync(Models.RetNet);
        const string request = """
            {"input": "Tell me a story.", "temperature": 0, "max_output_tokens": 40, "include": ["message.output_text.logprobs"]
            """;
        string whole = Part(await host.PostAsync("/v1/responses", request + "}")).GetProperty("text").GetString()!;

        JsonElement part = Part(await host.PostAsync("/v1/responses", $"{request}, \"stop\": [\"{whole[20..24]}\"]}}"));

        string text = part.GetProperty("text").GetString()!;
        string[] tokens = [.. part.GetProperty("logprobs").EnumerateArray().Select(token => token.GetProperty("token").GetString()!)];
        Assert.StartsWith(text, string.Concat(tokens).TrimStart(), StringComparison.Ordinal);
        Assert.True(string.Concat(tokens[..^1]).TrimStart().Length < text.Length);

        static JsonElement Part(Answer answer) => answer.Json.GetProperty("output")[0].GetProperty("content")[0];
    }

    [Fact]
    public async Task Calls_follow_the_text()
    {
        await using TestHost host = await TestHost.StartAsync(Client(
            new TextContent("I ask."), new FunctionCallContent("call_1", "f", new Dictionary<string, object?> { ["x"] = 1 }),
            new FunctionCallContent("call_2", "f")));

        List<JsonElement> events = await StreamAsync(host,
            """{"input": "Hi.", "stream": true, "tools": [{"type": "function", "name": "f", "parameters": null, "strict": null}]}""");

        Assert.Equal(
            [
                "response.output_item.added", "response.function_call_arguments.delta", "response.function_call_arguments.done",
                "response.output_item.done",
            ],
            Types(events)[8..12]);
        JsonElement output = events[^1].GetProperty("response").GetProperty("output");
        Assert.Equal(
            ["message", "function_call", "function_call"], output.EnumerateArray().Select(item => item.GetProperty("type").GetString()));
        Assert.Equal(
            ("call_1", """{"x":1}"""), (output[1].GetProperty("call_id").GetString(), output[1].GetProperty("arguments").GetString()));
        Assert.Equal("{}", output[2].GetProperty("arguments").GetString());
    }

    [Fact]
    public async Task Call_that_the_host_answers_is_not_told()
    {
        ScriptedClient inner = new("scripted")
        {
            Answer = (messages, _, _) => messages[^1].Role == ChatRole.Tool
                ? ScriptedClient.Updates($"It is {messages[^1].Contents.OfType<FunctionResultContent>().Single().Result}.")
                : ScriptedClient.Contents(new FunctionCallContent("call_1", "clock")),
        };
        using IChatClient client = inner.AsBuilder().UseFunctionInvocation(
            configure: invoking => invoking.AdditionalTools = [AIFunctionFactory.Create(() => "noon", "clock")]).Build();
        await using TestHost host = await TestHost.StartAsync(client);

        Answer answer = await host.PostAsync(Path, """{"input": "What time is it?"}""");

        JsonElement output = answer.Json.GetProperty("output");
        Assert.Equal("It is noon.", output[0].GetProperty("content")[0].GetProperty("text").GetString());
        Assert.Equal(1, output.GetArrayLength());
    }

    [Fact]
    public async Task Usage_is_told()
    {
        await using TestHost host = await TestHost.StartAsync(Client(new TextContent("Hello."), new UsageContent(new UsageDetails
        {
            InputTokenCount = 7,
            CachedInputTokenCount = 3,
            OutputTokenCount = 5,
            ReasoningTokenCount = 2,
            TotalTokenCount = 12,
        })));

        Answer answer = await host.PostAsync(Path, """{"input": "Hi."}""");

        JsonElement expected = JsonElement.Parse(
            """
            {"input_tokens": 7, "input_tokens_details": {"cached_tokens": 3}, "output_tokens": 5,
             "output_tokens_details": {"reasoning_tokens": 2}, "total_tokens": 12}
            """);
        Assert.True(JsonElement.DeepEquals(expected, answer.Json.GetProperty("usage")), answer.Text);
    }

    [Fact]
    public async Task Empty_answer_is_an_empty_message()
    {
        await using TestHost host = await TestHost.StartAsync(Client());

        Answer answer = await host.PostAsync(Path, """{"input": "Hi."}""");

        JsonElement message = answer.Json.GetProperty("output")[0];
        Assert.Equal("", message.GetProperty("content")[0].GetProperty("text").GetString());
        Assert.Equal(JsonValueKind.Null, answer.Json.GetProperty("usage").ValueKind);
    }

    [Fact]
    public async Task Failure_before_the_answer_has_a_status()
    {
        ScriptedClient client = new("scripted") { Answer = (_, _, _) => throw new ArgumentException("The temperature is wrong.") };
        await using TestHost host = await TestHost.StartAsync(client);

        Answer answer = await host.PostAsync(Path, """{"input": "Hi.", "stream": true}""");

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("The temperature is wrong.", answer.Error.GetProperty("message").GetString());
    }

    [Fact]
    public async Task Failure_within_the_answer_is_told_by_events_and_not_kept()
    {
        ScriptedClient client = new("scripted") { Answer = (_, _, _) => Failing() };
        await using TestHost host = await TestHost.StartAsync(client);

        List<JsonElement> events = await StreamAsync(host, """{"input": "Hi.", "stream": true}""");

        Assert.Equal(["error", "response.failed"], Types(events)[^2..]);
        Assert.Equal("server_error", events[^2].GetProperty("code").GetString());
        JsonElement response = events[^1].GetProperty("response");
        Assert.Equal("failed", response.GetProperty("status").GetString());
        Assert.Equal("server_error", response.GetProperty("error").GetProperty("code").GetString());
        Assert.DoesNotContain("secret", response.GetRawText(), StringComparison.Ordinal);
        Assert.Equal("Well", response.GetProperty("output")[0].GetProperty("content")[0].GetProperty("text").GetString());
        Answer kept = await host.GetAsync($"{Path}/{response.GetProperty("id").GetString()}");
        Assert.Equal(HttpStatusCode.NotFound, kept.Status);

        static async IAsyncEnumerable<ChatResponseUpdate> Failing()
        {
            yield return new ChatResponseUpdate(ChatRole.Assistant, "Well");
            await Task.Yield();
            throw new InvalidOperationException("A secret of the server.");
        }
    }

    [Fact]
    public async Task Error_of_the_client_behind_is_a_failed_response()
    {
        await using TestHost host = await TestHost.StartAsync(Client(new ErrorContent("The service behind is down.")));

        Answer answer = await host.PostAsync(Path, """{"input": "Hi."}""");

        Assert.Equal("failed", answer.Json.GetProperty("status").GetString());
        Assert.Equal("The service behind is down.", answer.Json.GetProperty("error").GetProperty("message").GetString());
    }

    [Fact]
    public async Task Request_is_repeated_in_the_response()
    {
        await using TestHost host = await TestHost.StartAsync(Client(new TextContent("Hello.")));

        Answer answer = await host.PostAsync(Path,
            """
            {"input": "Hi.", "instructions": "Be brief.", "temperature": 0.5, "top_p": 0.9, "max_output_tokens": 9, "metadata": {"a": "b"},
             "text": {"format": {"type": "json_object"}, "verbosity": "low"}, "parallel_tool_calls": false, "user": "u", "store": false,
             "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}}],
             "tool_choice": {"type": "function", "name": "f"}}
            """);

        JsonElement response = answer.Json;
        Assert.Equal("response", response.GetProperty("object").GetString());
        Assert.Equal("Be brief.", response.GetProperty("instructions").GetString());
        Assert.Equal((0.5f, 0.9f), (response.GetProperty("temperature").GetSingle(), response.GetProperty("top_p").GetSingle()));
        Assert.Equal("b", response.GetProperty("metadata").GetProperty("a").GetString());
        Assert.Equal("json_object", response.GetProperty("text").GetProperty("format").GetProperty("type").GetString());
        Assert.Equal("f", response.GetProperty("tools")[0].GetProperty("name").GetString());
        Assert.Equal("f", response.GetProperty("tool_choice").GetProperty("name").GetString());
        Assert.False(response.GetProperty("parallel_tool_calls").GetBoolean());
        Assert.False(response.GetProperty("store").GetBoolean());
        Assert.Equal(JsonValueKind.Null, response.GetProperty("error").ValueKind);
        Assert.Equal("scripted", response.GetProperty("model").GetString());
    }

    [Fact]
    public async Task Choice_of_allowed_tools_offers_only_those()
    {
        ScriptedClient client = Client(new TextContent("Hello."));
        await using TestHost host = await TestHost.StartAsync(client);

        Answer answer = await host.PostAsync(Path,
            """
            {"input": "Hi.", "tools": [{"type": "function", "name": "f"}, {"type": "function", "name": "g"}],
             "tool_choice": {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "g"}]}}
            """);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        ChatOptions options = client.Requests.Single().Options!;
        Assert.Equal("g", options.Tools!.Single().Name);
        Assert.Equal(ChatToolMode.RequireAny, options.ToolMode);
        Assert.Equal("allowed_tools", answer.Json.GetProperty("tool_choice").GetProperty("type").GetString());
    }

    private static List<string> Types(List<JsonElement> events) => [.. events.Select(item => item.GetProperty("type").GetString()!)];

    private static async Task<List<JsonElement>> StreamAsync(TestHost host, string request)
    {
        Answer answer = await host.PostAsync(Path, request);
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        return [.. answer.Text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
            .Select(item => JsonElement.Parse(item[(item.IndexOf("\ndata: ", StringComparison.Ordinal) + "\ndata: ".Length)..]))];
    }

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(1_000_000_000);
    }
}
