using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AI;

namespace RetNet.Extensions.AspNetCore.Tests.Chat;

public sealed class ChatCompletionTests
{
    private const string Path = "/v1/chat/completions";

    private const string Story = """
        {"model": "retnet-tinystories", "messages": [{"role": "user", "content": "Tell me a story about a cat."}],
         "temperature": 0, "max_tokens": 12
        """;

    [Fact]
    public async Task A_long_answer_comes_whole_with_its_length()
    {
        string text = string.Concat(Enumerable.Range(0, 50_000).Select(i => $"{i} ü "));
        await using TestHost host = await TestHost.StartAsync(
            new ScriptedClient("m") { Answer = (_, _, _) => ScriptedClient.Updates(text) });
        Answer answer = await host.PostAsync("/v1/chat/completions", """{"messages": [{"role": "user", "content": "a"}]}""");
        Assert.Equal(text, answer.Content);
        Assert.False(answer.Headers.ContainsKey("Transfer-Encoding"));
        Assert.Equal(Encoding.UTF8.GetByteCount(answer.Text).ToString(CultureInfo.InvariantCulture), answer.Headers["Content-Length"]);
    }

    [Fact]
    public async Task Answer_is_the_chat_clients()
    {
        await using TestHost host = await TestHost.StartAsync(Models.RetNet);
        using RetNetChatClient client = new(Models.RetNet);
        ChatResponse expected = await client.GetResponseAsync(
            "Tell me a story about a cat.", new ChatOptions { Temperature = 0, MaxOutputTokens = 12 });
        Answer answer = await host.PostAsync(Path, Story + "}");
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(expected.Text, answer.Content);
        JsonElement json = answer.Json;
        Assert.StartsWith("chatcmpl-", json.GetProperty("id").GetString(), StringComparison.Ordinal);
        Assert.Equal("chat.completion", json.GetProperty("object").GetString());
        Assert.Equal("retnet-tinystories", json.GetProperty("model").GetString());
        Assert.Equal("length", json.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        JsonElement usage = json.GetProperty("usage");
        Assert.Equal(expected.Usage!.InputTokenCount, usage.GetProperty("prompt_tokens").GetInt64());
        Assert.Equal(12, usage.GetProperty("completion_tokens").GetInt64());
        Assert.Equal(expected.Usage.TotalTokenCount, usage.GetProperty("total_tokens").GetInt64());
        Assert.True(usage.GetProperty("retnet").GetProperty("state_bytes").GetInt64() > 0);
    }

    [Fact]
    public async Task Top_p_of_0_is_the_most_likely_text()
    {
        await using TestHost host = await TestHost.StartAsync(Models.RetNet);

        Answer likeliest = await host.PostAsync(Path, Story + "}");
        Answer answer = await host.PostAsync(
            Path, Story.Replace("\"temperature\": 0", "\"temperature\": 2, \"top_p\": 0", StringComparison.Ordinal) + "}");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(likeliest.Content, answer.Content);
    }

    [Theory]
    [InlineData("xhigh")]
    [InlineData("max")]
    public async Task Most_effort_has_two_names(string effort)
    {
        ScriptedClient client = new("m");
        await using TestHost host = await TestHost.StartAsync(client);

        await host.PostAsync(Path, $$"""{"messages": [{"role": "user", "content": "a"}], "reasoning_effort": "{{effort}}"}""");
        await host.PostAsync("/v1/responses", $$$"""{"input": "a", "reasoning": {"effort": "{{{effort}}}"}}""");

        Assert.Equal(2, client.Requests.Count);
        Assert.All(client.Requests, request => Assert.Equal(ReasoningEffort.ExtraHigh, request.Options?.Reasoning?.Effort));
    }

    [Fact]
    public async Task Every_token_may_have_a_bias()
    {
        const int tokens = 200_000;
        ScriptedClient client = new("m");
        await using TestHost host = await TestHost.StartAsync(client);
        string biases = string.Join(',', Enumerable.Range(0, tokens).Where(token => token is not (5 or 6))
            .Select(token => $"\"{token}\":-1"));

        Answer answer = await host.PostAsync(
            Path, $$"""{"messages": [{"role": "user", "content": "a"}], "logit_bias": {{{biases}},"5":3,"6":null} }""");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Dictionary<int, float> read =
            Assert.IsType<Dictionary<int, float>>(client.Requests.Single().Options!.AdditionalProperties!["logit_bias"]);
        Assert.Equal((tokens, -1, 3, 0), (read.Count, read[tokens - 1], read[5], read[6]));
    }

    [Fact]
    public async Task Stream_has_the_same_text_as_the_answer()
    {
        await using TestHost host = await TestHost.StartAsync(Models.RetNet);
        Answer answer = await host.PostAsync(Path, Story + "}");
        List<JsonElement> chunks = await host.StreamAsync(
            Path, Story + ", \"stream\": true, \"stream_options\": {\"include_usage\": true}}");
        JsonElement[] choices = [.. chunks.SkipLast(1).Select(chunk => chunk.GetProperty("choices")[0])];
        Assert.Equal("assistant", choices[0].GetProperty("delta").GetProperty("role").GetString());
        Assert.Equal(answer.Content, Text(choices));
        Assert.Equal("length", choices[^1].GetProperty("finish_reason").GetString());
        Assert.All(choices.SkipLast(1), choice => Assert.Equal(JsonValueKind.Null, choice.GetProperty("finish_reason").ValueKind));
        Assert.All(chunks.SkipLast(1), chunk => Assert.Equal(JsonValueKind.Null, chunk.GetProperty("usage").ValueKind));
        Assert.Equal(0, chunks[^1].GetProperty("choices").GetArrayLength());
        Assert.Equal(12, chunks[^1].GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        Assert.Single(chunks.Select(chunk => chunk.GetProperty("id").GetString()).Distinct());
    }

    [Fact]
    public async Task State_of_a_bounded_cache_stays_while_a_full_one_would_grow()
    {
        await using TestHost host = await TestHost.StartAsync(Models.Llama);
        List<JsonElement> chunks = await host.StreamAsync(Path, """
            {"model": "llama-tinystories", "messages": [{"role": "user", "content": "Tell me a story about a cat."}], "temperature": 0,
             "max_tokens": 60, "policy": "tova", "state_size": "16", "stream": true,
             "stream_options": {"include_usage": true, "include_state": true}}
            """);
        JsonElement last = chunks.Last(chunk => chunk.TryGetProperty("retnet", out _)).GetProperty("retnet");
        JsonElement usage = chunks[^1].GetProperty("usage");
        Assert.Equal(usage.GetProperty("total_tokens").GetInt64(), last.GetProperty("tokens").GetInt64());
        Assert.Equal(usage.GetProperty("retnet").GetProperty("state_bytes").GetInt64(), last.GetProperty("state_bytes").GetInt64());
        Assert.True(last.GetProperty("full_cache_bytes").GetInt64() > 3 * last.GetProperty("state_bytes").GetInt64());
    }

    [Fact]
    public async Task Several_choices_have_seeds_of_their_own()
    {
        await using TestHost host = await TestHost.StartAsync(Models.RetNet);
        string request = Story.Replace("\"temperature\": 0", "\"temperature\": 1, \"seed\": 5", StringComparison.Ordinal);
        Answer three = await host.PostAsync(Path, request + ", \"n\": 3}");
        Answer second = await host.PostAsync(Path, request.Replace("\"seed\": 5", "\"seed\": 6", StringComparison.Ordinal) + "}");
        JsonElement choices = three.Json.GetProperty("choices");
        Assert.Equal([0, 1, 2], choices.EnumerateArray().Select(choice => choice.GetProperty("index").GetInt32()));
        Assert.Equal(second.Content, choices[1].GetProperty("message").GetProperty("content").GetString());
        Assert.Equal(36, three.Json.GetProperty("usage").GetProperty("completion_tokens").GetInt32());

        List<JsonElement> chunks = await host.StreamAsync(Path, request + ", \"n\": 3, \"stream\": true}");
        ILookup<int, JsonElement> streamed = chunks.Select(chunk => chunk.GetProperty("choices")[0])
            .ToLookup(choice => choice.GetProperty("index").GetInt32());
        Assert.All(Enumerable.Range(0, 3), choice => Assert.Equal(
            choices[choice].GetProperty("message").GetProperty("content").GetString(), Text(streamed[choice])));
    }

    [Fact]
    public async Task Stop_ends_the_text_before_it()
    {
        await using TestHost host = await TestHost.StartAsync(Models.RetNet);
        Answer whole = await host.PostAsync(Path, Story + "}");
        string word = whole.Content.Split(' ')[3];
        Answer one = await host.PostAsync(Path, Story + $", \"stop\": \"{word}\"}}");
        Answer list = await host.PostAsync(Path, Story + $", \"stop\": [\"never\", \"{word}\"]}}");
        Assert.Equal(whole.Content[..whole.Content.IndexOf(word, StringComparison.Ordinal)], one.Content);
        Assert.Equal(one.Content, list.Content);
        Assert.Equal("stop", one.Json.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
    }

    private static string Text(IEnumerable<JsonElement> choices) => string.Concat(choices
        .Select(choice => choice.GetProperty("delta"))
        .Select(delta => delta.TryGetProperty("content", out JsonElement content) ? content.GetString() : ""));
}
