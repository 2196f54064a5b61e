using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using RetNet.Extensions.Core;

namespace RetNet.Extensions.AspNetCore.Tests.Errors;

/// <summary>Answers that end because the client behind the host fails, gives up or takes too long.</summary>
public sealed class ClientFailureTests
{
    private const string Chat = "/v1/chat/completions";
    private const string Responses = "/v1/responses";
    private const string Question = """{"messages": [{"role": "user", "content": "a"}]""";

    [Theory]
    [InlineData(true, "longer than")]
    [InlineData(false, "did not answer in the time")]
    public async Task Stream_of_a_response_that_takes_too_long_ends_with_named_events(bool isTimeOfTheHost, string message)
    {
        ScriptedClient client = new("m")
        {
            Answer = (_, _, cancellation) => isTimeOfTheHost
                ? ScriptedClient.Endless(new TaskCompletionSource(), cancellation)
                : GivingUp(cancellation),
        };
        await using TestHost host = await TestHost.StartAsync(client, options => options.RequestTimeout = TimeSpan.FromMilliseconds(300));

        Answer answer = await host.PostAsync(Responses, """{"input": "Hi.", "stream": true}""");

        string[][] events = [.. answer.Text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(item => item.Split('\n'))];
        JsonElement[] data = [.. events.Select(item => JsonElement.Parse(item[1]["data: ".Length..]))];
        Assert.All(events.Zip(data), item => Assert.Equal($"event: {item.Second.GetProperty("type").GetString()}", item.First[0]));
        Assert.Equal(Enumerable.Range(0, data.Length), data.Select(item => item.GetProperty("sequence_number").GetInt32()));
        JsonElement error = data[^2];
        Assert.Equal(
            ["code", "message", "param", "sequence_number", "type"],
            error.EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal));
        Assert.Equal(("error", "server_error"), (error.GetProperty("type").GetString(), error.GetProperty("code").GetString()));
        Assert.Equal(JsonValueKind.Null, error.GetProperty("param").ValueKind);
        Assert.Contains(message, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("response.failed", data[^1].GetProperty("type").GetString());
        JsonElement response = data[^1].GetProperty("response");
        Assert.Equal("server_error", response.GetProperty("error").GetProperty("code").GetString());
        string? text = response.GetProperty("output")[0].GetProperty("content")[0].GetProperty("text").GetString();
        Assert.StartsWith("on and ", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Chat, Question)]
    [InlineData(Responses, "{\"input\": \"a\"")]
    public async Task Client_that_gives_up_is_504_and_logged(string path, string request)
    {
        FakeLogCollector log = new();
        await using TestHost host = await TestHost.StartAsync(
            new ScriptedClient("m") { Answer = (_, _, cancellation) => GivingUp(cancellation) },
            configure: builder => builder.Logging.AddProvider(new FakeLoggerProvider(log)));

        Answer answer = await host.PostAsync(path, request + "}");

        Assert.Equal(HttpStatusCode.GatewayTimeout, answer.Status);
        Assert.Equal("upstream_timeout", answer.Error.GetProperty("code").GetString());
        Assert.Equal("false", answer.Headers["x-should-retry"]);
        Assert.Equal("server_error", answer.Error.GetProperty("type").GetString());
        Assert.Contains(log.GetSnapshot(), entry => entry.Message == "A request failed." && entry.Exception is TaskCanceledException);
    }

    [Fact]
    public async Task Model_that_is_disposed_meanwhile_is_503()
    {
        TextModel model = TextModel.Load(Models.PathOf("retnet-tinystories"));
        await using TestHost host = await TestHost.StartAsync(model, options => options.MaxOutputTokens = null);
        string endless = Question + ", \"max_tokens\": 1000000, \"logit_bias\": {"
            + string.Join(", ", model.DefaultOptions.StopTokens!.Select(token => $"\"{token}\": -100")) + "}}";
        Task<Answer> running = host.PostAsync(Chat, endless);
        await Eventually.TrueAsync(() => model.Scheduler.RunningRequests == 1);

        model.Dispose();
        Answer answer = await running;

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
        Assert.Equal("server_stopping", answer.Error.GetProperty("code").GetString());
    }

    [Fact]
    public async Task Model_that_is_disposed_while_its_load_is_awaited_is_503_when_the_server_stops()
    {
        TaskCompletionSource asked = new(), stopping = new();
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m") { Answer = (_, _, _) => Loading() });
        Task<Answer> running = host.PostAsync(Chat, Question + "}");
        await asked.Task;
        host.App.Lifetime.ApplicationStopping.Register(stopping.SetResult);

        Task stop = host.App.StopAsync();
        Answer answer = await running;
        await stop;

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
        Assert.Equal("server_stopping", answer.Error.GetProperty("code").GetString());

        async IAsyncEnumerable<ChatResponseUpdate> Loading()
        {
            asked.SetResult();
            await stopping.Task;
            yield return stopping.Task.IsCompleted
                ? throw new InvalidOperationException("Model 'm' cannot be loaded.", new ObjectDisposedException("m"))
                : new ChatResponseUpdate();
        }
    }

    [Fact]
    public async Task Error_in_an_answer_to_a_chat_is_an_error()
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m")
        {
            Answer = (_, _, _) => ScriptedClient.Contents(
                new TextContent("Well"), new ErrorContent("The service behind is down.") { ErrorCode = "down" }),
        });

        Answer whole = await host.PostAsync(Chat, Question + "}");
        Answer streamed = await host.PostAsync(Chat, Question + ", \"stream\": true}");

        Assert.Equal(HttpStatusCode.InternalServerError, whole.Status);
        Assert.Equal("The service behind is down.", whole.Error.GetProperty("message").GetString());
        Assert.Equal("down", whole.Error.GetProperty("code").GetString());
        string last = streamed.Text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)[^1];
        Assert.Equal(whole.Text, last["data: ".Length..]);
    }

    [Fact]
    public async Task Refusal_in_an_answer_is_one()
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m")
        {
            Answer = (_, _, _) => ScriptedClient.Contents(
                new ErrorContent("I will ") { ErrorCode = "Refusal" }, new ErrorContent("not.") { ErrorCode = "Refusal" }),
        });

        Answer whole = await host.PostAsync(Chat, Question + "}");
        List<JsonElement> chunks = await host.StreamAsync(Chat, Question + ", \"stream\": true}");
        Answer response = await host.PostAsync(Responses, """{"input": "Hi."}""");
        Answer events = await host.PostAsync(Responses, """{"input": "Hi.", "stream": true}""");

        JsonElement message = whole.Json.GetProperty("choices")[0].GetProperty("message");
        Assert.Equal("I will not.", message.GetProperty("refusal").GetString());
        Assert.Equal(JsonValueKind.Null, message.GetProperty("content").ValueKind);
        Assert.Equal("I will not.", string.Concat(chunks.Select(chunk => chunk.GetProperty("choices")[0].GetProperty("delta"))
            .Select(delta => delta.TryGetProperty("refusal", out JsonElement refusal) ? refusal.GetString() : "")));
        Assert.Equal("completed", response.Json.GetProperty("status").GetString());
        Assert.Equal(
            """{"type":"refusal","refusal":"I will not."}""",
            response.Json.GetProperty("output")[0].GetProperty("content")[0].GetRawText());
        Assert.Contains("event: response.refusal.delta", events.Text, StringComparison.Ordinal);
        Assert.Contains("\"type\":\"response.refusal.done\"", events.Text, StringComparison.Ordinal);
    }

    /// <summary>An answer that ends as one does whose HTTP client has a time limit of its own.</summary>
    private static async IAsyncEnumerable<ChatResponseUpdate> GivingUp([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return new ChatResponseUpdate(ChatRole.Assistant, "on and ");
        await Task.Delay(10, cancellationToken);
        throw new TaskCanceledException("The request was canceled due to the configured timeout.", new TimeoutException());
    }
}
