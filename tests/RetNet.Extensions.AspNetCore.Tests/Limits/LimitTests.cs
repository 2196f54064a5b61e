using System.Net;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.AspNetCore.Tests.Limits;

public sealed class LimitTests
{
    private const string Chat = "/v1/chat/completions";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Long_bodies_are_refused(bool isChunked)
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m"), options => options.MaxRequestBytes = 1000);
        string body = Request(new string('a', 2000));
        using HttpRequestMessage request = TestHost.Request(Chat, body, key: null);
        request.Headers.TransferEncodingChunked = isChunked;
        using HttpResponseMessage response = await host.Client.SendAsync(request);
        Answer answer = await Answer.ReadAsync(response);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.Status);
        Assert.Equal("invalid_request_error", answer.Error.GetProperty("type").GetString());
        Assert.Equal(HttpStatusCode.OK, (await host.PostAsync(Chat, Request("short"))).Status);
    }

    [Fact]
    public async Task Long_prompts_are_refused_by_characters_or_tokens()
    {
        await using TestHost host = await TestHost.StartAsync(Models.RetNet, options =>
        {
            options.MaxPromptCharacters = 100;
            options.MaxPromptTokens = 20;
        });
        foreach (string text in (string[])[new string('a', 101), string.Concat(Enumerable.Repeat("dog ", 24))])
        {
            Answer answer = await host.PostAsync(Chat, Request(text));
            Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
            Assert.Equal("context_length_exceeded", answer.Error.GetProperty("code").GetString());
        }

        Answer completion = await host.PostAsync("/v1/completions", $$"""{"prompt": "{{new string('a', 101)}}"}""");
        Assert.Equal("context_length_exceeded", completion.Error.GetProperty("code").GetString());
        int[] sentence = Models.RetNet.Tokenizer.Encode("Tell me a story about the longest of all the words that there are. ");
        string tokens = string.Join(", ", Enumerable.Repeat(sentence, 2).SelectMany(ids => ids));
        Answer ofTokens = await host.PostAsync("/v1/completions", $$"""{"prompt": [{{tokens}}]}""");
        Assert.Equal("context_length_exceeded", ofTokens.Error.GetProperty("code").GetString());
        Assert.Contains("characters", ofTokens.Error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Answer embedding = await host.PostAsync("/v1/embeddings", $$"""{"input": "{{new string('a', 101)}}"}""");
        Assert.Equal("context_length_exceeded", embedding.Error.GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("/v1/responses", """{"input": "a", "instructions": "LONG"}""")]
    [InlineData(
        "/v1/responses", """{"input": [{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{\"x\": \"LONG\"}"}]}""")]
    [InlineData("/v1/responses", """{"input": "a", "tools": [{"type": "function", "name": "f", "description": "LONG"}]}""")]
    [InlineData(Chat, """
        {"messages": [{"role": "user", "content": "a"}], "tools": [{"type": "function", "function": {"name": "f",
         "parameters": {"type": "object", "description": "LONG"}}}]}
        """)]
    [InlineData(Chat, """
        {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "tool_calls": [{"id": "c", "type": "function",
         "function": {"name": "f", "arguments": "{\"LONG\": 1}"}}]}]}
        """)]
    public async Task All_that_a_model_reads_counts_as_its_prompt(string path, string request)
    {
        ScriptedClient client = new("m");
        await using TestHost host = await TestHost.StartAsync(client, options => options.MaxPromptCharacters = 100);

        Answer answer = await host.PostAsync(path, request.Replace("LONG", new string('a', 101), StringComparison.Ordinal));

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("context_length_exceeded", answer.Error.GetProperty("code").GetString());
        Assert.Empty(client.Requests);
        Assert.Equal(HttpStatusCode.OK, (await host.PostAsync(path, request)).Status);
    }

    [Fact]
    public async Task Requests_that_take_too_long_are_ended()
    {
        TaskCompletionSource ended = new();
        await using TestHost host = await TestHost.StartAsync(
            new ScriptedClient("m") { Answer = (_, _, cancellation) => ScriptedClient.Endless(ended, cancellation) },
            options => options.RequestTimeout = TimeSpan.FromMilliseconds(200));
        Answer answer = await host.PostAsync(Chat, Request("a"));
        Assert.Equal(HttpStatusCode.RequestTimeout, answer.Status);
        Assert.Equal("request_timeout", answer.Error.GetProperty("code").GetString());
        Assert.Equal("false", answer.Headers["x-should-retry"]);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(30));
        using HttpRequestMessage request = TestHost.Request(Chat, Request("a", ", \"stream\": true"), key: null);
        using HttpResponseMessage stream = await host.Client.SendAsync(request);
        string last = (await stream.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries)[^1];
        Assert.Contains("request_timeout", last, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Full_queue_is_429()
    {
        using TextModel model = TextModel.Load(Models.PathOf("retnet-tinystories"), new ModelLoadOptions { Threads = 1 },
            new BatchSchedulerOptions { MaxBatch = 1, MaxQueue = 1 });
        await using TestHost host = await TestHost.StartAsync(model, options => options.RetryAfter = TimeSpan.FromSeconds(7));
        string endless = Request("Tell me a story.", ", \"max_tokens\": 1000000, \"stream\": true, \"logit_bias\": {"
            + string.Join(", ", model.DefaultOptions.StopTokens!.Select(token => $"\"{token}\": -100")) + "}");
        using CancellationTokenSource clients = new();
        Task running = Send();
        await Eventually.TrueAsync(() => model.Scheduler.RunningRequests == 1);
        Task queued = Send();
        await Eventually.TrueAsync(() => model.Scheduler.QueuedRequests == 1);
        Answer answer = await host.PostAsync(Chat, Request("a"));
        Assert.Equal(HttpStatusCode.TooManyRequests, answer.Status);
        Assert.Equal("7", answer.Headers["Retry-After"]);
        Assert.Equal("rate_limit_error", answer.Error.GetProperty("type").GetString());
        Assert.Equal("rate_limit_exceeded", answer.Error.GetProperty("code").GetString());
        await clients.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queued);
        await Eventually.TrueAsync(() => model.Scheduler.RunningRequests + model.Scheduler.QueuedRequests == 0);
        Assert.Equal(HttpStatusCode.OK, (await host.PostAsync(Chat, Request("a", ", \"max_tokens\": 2"))).Status);

        async Task Send()
        {
            using HttpRequestMessage request = TestHost.Request(Chat, endless, key: null);
            using HttpResponseMessage response = await host.Client.SendAsync(request, clients.Token);
        }
    }

    [Fact]
    public async Task State_beyond_the_budget_is_400_with_the_bytes()
    {
        using TextModel model = TextModel.Load(Models.PathOf("llama-tinystories"), new ModelLoadOptions { Threads = 1 },
            new BatchSchedulerOptions { StateBudgetBytes = 1 << 20 });
        await using TestHost host = await TestHost.StartAsync(model);
        Answer answer = await host.PostAsync(Chat, Request("a", ", \"max_tokens\": 100000"));
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("state_budget_exceeded", answer.Error.GetProperty("code").GetString());
        Assert.Matches("[0-9]{6,} bytes", answer.Error.GetProperty("message").GetString());
        Answer bounded = await host.PostAsync(Chat, Request(
            "a", ", \"max_tokens\": 8, \"policy\": \"tova\", \"state_size\": 32, \"prompt_chunk\": 16"));
        Assert.True(bounded.Status == HttpStatusCode.OK, bounded.Text);
    }

    private static string Request(string text, string more = "") =>
        $$"""{"messages": [{"role": "user", "content": "{{text}}"}]{{more}}}""";
}
