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
            Assert.Equal("messages", answer.Error.GetProperty("param").GetString());
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
        Answer ofManyTokens = await host.PostAsync(
            "/v1/embeddings", $$"""{"input": ["a", "{{string.Concat(Enumerable.Repeat("dog ", 24))}}"]}""");
        Assert.Equal("context_length_exceeded", ofManyTokens.Error.GetProperty("code").GetString());
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
        await using TestHost host = await TestHost.StartAsync(model, options =>
        {
            options.RetryAfter = TimeSpan.FromSeconds(7);
            options.MaxOutputTokens = null;
        });
        string endless = Endless(model);
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
        await using TestHost host = await TestHost.StartAsync(model, options => options.MaxOutputTokens = null);
        Answer answer = await host.PostAsync(Chat, Request("a", ", \"max_tokens\": 100000"));
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("state_budget_exceeded", answer.Error.GetProperty("code").GetString());
        Assert.Matches("[0-9]{6,} bytes", answer.Error.GetProperty("message").GetString());
        Answer bounded = await host.PostAsync(Chat, Request(
            "a", ", \"max_tokens\": 8, \"policy\": \"tova\", \"state_size\": 32, \"prompt_chunk\": 16"));
        Assert.True(bounded.Status == HttpStatusCode.OK, bounded.Text);
    }

    [Fact]
    public async Task Several_answers_are_admitted_together_or_not_at_all()
    {
        using TextModel model = TextModel.Load(Models.PathOf("retnet-tinystories"), new ModelLoadOptions { Threads = 1 },
            new BatchSchedulerOptions { MaxBatch = 2, MaxQueue = 2 });
        await using TestHost host = await TestHost.StartAsync(model, options => options.MaxOutputTokens = null);
        string[] paths = [Chat, "/v1/completions"];
        foreach (string path in paths)
        {
            Answer four = await host.PostAsync(path, Several(path, 4));
            Assert.True(four.Status == HttpStatusCode.OK, four.Text);
            Assert.Equal(4, four.Json.GetProperty("choices").GetArrayLength());
            Answer five = await host.PostAsync(path, Several(path, 5));
            Assert.Equal(HttpStatusCode.BadRequest, five.Status);
            Assert.Contains("at most 4", five.Error.GetProperty("message").GetString(), StringComparison.Ordinal);
            Assert.Equal("n", five.Error.GetProperty("param").GetString());
        }

        using CancellationTokenSource client = new();
        using HttpRequestMessage endless = TestHost.Request(Chat, Endless(model), key: null);
        Task running = host.Client.SendAsync(endless, client.Token);
        await Eventually.TrueAsync(() => model.Scheduler.RunningRequests == 1);
        foreach (string path in paths)
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, (await host.PostAsync(path, Several(path, 4))).Status);
            Assert.Equal((1, 0), (model.Scheduler.RunningRequests, model.Scheduler.QueuedRequests));
            Assert.Equal(HttpStatusCode.OK, (await host.PostAsync(path, Several(path, 3))).Status);
        }

        await client.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        static string Several(string path, int count) => path == Chat
            ? Request("a", $", \"max_tokens\": 2, \"n\": {count}")
            : $$"""{"prompt": "a", "max_tokens": 2, "n": {{count}}}""";
    }

    [Fact]
    public async Task Prompts_times_answers_are_limited()
    {
        await using TestHost host = await TestHost.StartAsync(Models.RetNet, options => options.MaxChoices = 6);
        Answer few = await host.PostAsync("/v1/completions", """{"prompt": ["a", "b"], "n": 3, "max_tokens": 1}""");
        Assert.Equal(6, few.Json.GetProperty("choices").GetArrayLength());
        Answer many = await host.PostAsync("/v1/completions", """{"prompt": ["a", "b"], "n": 4, "max_tokens": 1}""");
        Assert.Equal(HttpStatusCode.BadRequest, many.Status);
        Assert.Equal("n", many.Error.GetProperty("param").GetString());
    }

    [Theory]
    [InlineData(
        Chat, "max_tokens", "{\"messages\": [{\"role\": \"user\", \"content\": \"Once\"}], \"temperature\": 0MORE}", "completion_tokens")]
    [InlineData("/v1/completions", "max_tokens", "{\"prompt\": \"Once upon\", \"temperature\": 0MORE}", "completion_tokens")]
    [InlineData("/v1/responses", "max_output_tokens", "{\"input\": \"Once\", \"temperature\": 0MORE}", "output_tokens")]
    public async Task Answers_have_a_largest_length(string path, string field, string request, string counted)
    {
        await using TestHost host = await TestHost.StartAsync(Models.RetNet, options => options.MaxOutputTokens = 3);
        Answer silent = await host.PostAsync(path, request.Replace("MORE", "", StringComparison.Ordinal));
        Assert.Equal(3, silent.Json.GetProperty("usage").GetProperty(counted).GetInt32());
        Answer less = await host.PostAsync(path, request.Replace("MORE", $", \"{field}\": 2", StringComparison.Ordinal));
        Assert.Equal(2, less.Json.GetProperty("usage").GetProperty(counted).GetInt32());
        Answer more = await host.PostAsync(path, request.Replace("MORE", $", \"{field}\": 4", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.BadRequest, more.Status);
        Assert.Equal(field, more.Error.GetProperty("param").GetString());
    }

    private static string Endless(TextModel model) => Request("Tell me a story.",
        ", \"max_tokens\": 1000000, \"stream\": true, \"logit_bias\": {"
            + string.Join(", ", model.DefaultOptions.StopTokens!.Select(token => $"\"{token}\": -100")) + "}");

    private static string Request(string text, string more = "") =>
        $$"""{"messages": [{"role": "user", "content": "{{text}}"}]{{more}}}""";
}
