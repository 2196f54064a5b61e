using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace RetNet.Extensions.AspNetCore.Tests.Clients;

/// <summary>Requests as LiteLLM and clients of vLLM write them: fields that are null or empty, whole numbers with a point, and unknown
/// fields.</summary>
[Collection(ModelServerCollection.Name)]
public sealed class RawHttpTests(ModelServer server)
{
    [Fact]
    public async Task Null_and_empty_fields_are_as_if_absent()
    {
        JsonElement answer = await PostAsync("chat/completions",
            """
            {"model": "retnet-tinystories", "messages": [{"role": "user", "content": "Tell me a story about a dog.", "name": null}],
             "temperature": 0, "top_p": null, "n": null, "stream": false, "stream_options": null, "stop": null, "max_tokens": 8,
             "presence_penalty": null, "frequency_penalty": null, "logit_bias": {}, "user": "", "response_format": null, "seed": null,
             "tools": [], "tool_choice": null, "logprobs": null, "top_logprobs": null, "parallel_tool_calls": null, "functions": null,
             "extra_headers": null, "metadata": {}, "unknown": {"a": [1, 2]}}
            """);

        Assert.Equal("chat.completion", answer.GetProperty("object").GetString());
        JsonElement choice = answer.GetProperty("choices")[0];
        Assert.Equal("length", choice.GetProperty("finish_reason").GetString());
        Assert.NotEmpty(choice.GetProperty("message").GetProperty("content").GetString()!);
    }

    [Fact]
    public async Task Whole_numbers_may_have_a_point()
    {
        JsonElement answer = await PostAsync("chat/completions",
            """
            {"model": "retnet-tinystories", "messages": [{"role": "user", "content": "Tell me a story."}],
             "max_tokens": 5.0, "n": 1.0, "seed": 7.0, "top_k": 40.0, "temperature": 0}
            """);

        Assert.Equal(5, answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
    }

    [Fact]
    public async Task Content_may_be_in_parts()
    {
        static string Request(string content) =>
            $$"""
            {"model": "retnet-tinystories", "max_tokens": 8, "temperature": 0,
             "messages": [{"role": "system", "content": [{"type": "text", "text": "Be brief."}]}, {"role": "user", "content": {{content}}}]}
            """;

        JsonElement parts = await PostAsync("chat/completions",
            Request("""[{"type": "text", "text": "Tell me "}, {"type": "text", "text": "a story."}]"""));
        JsonElement text = await PostAsync("chat/completions", Request("\"Tell me a story.\""));

        Assert.Equal(Content(text), Content(parts));
    }

    [Fact]
    public async Task Messages_of_a_finished_call_can_be_sent_again()
    {
        JsonElement answer = await PostAsync("chat/completions",
            """
            {"model": "llama-calls", "max_tokens": 60, "temperature": 0, "messages": [
                {"role": "user", "content": "What does a red lamp cost?"},
                {"role": "assistant", "content": null, "function_call": null, "refusal": null, "annotations": [], "tool_calls":
                    [{"id": "call_1", "type": "function", "index": 0,
                      "function": {"name": "get_price", "arguments": "{\"item\": \"red lamp\"}"}}]},
                {"role": "tool", "tool_call_id": "call_1", "name": "get_price", "content": "42 euros"}],
             "tools": [{"type": "function", "function": {"name": "get_price", "description": null, "strict": false, "parameters":
                {"type": "object", "properties": {"item": {"type": "string"}}, "required": ["item"]}}}]}
            """);

        Assert.Contains("42 euros", Content(answer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Knobs_of_this_library_are_fields_of_their_own()
    {
        JsonElement matching = await PostAsync("chat/completions",
            """
            {"model": "llama-calls", "messages": [{"role": "user", "content": "Yes or no?"}], "max_tokens": 8, "temperature": 0,
             "regex": "(yes|no)", "policy": "tova", "state_size": 64, "min_p": 0.05, "repetition_penalty": 1.1}
            """);
        JsonElement response = await PostAsync("responses",
            """
            {"model": "llama-calls", "input": "Yes or no?", "max_output_tokens": 8, "temperature": 0,
             "grammar": "root ::= \"yes\" | \"no\"", "policy": "tova", "state_size": "64"}
            """);
        HttpResponseMessage wrong = await SendAsync("chat/completions",
            """{"model": "llama-calls", "messages": [{"role": "user", "content": "Hello."}], "policy": "none-such"}""");

        Assert.Contains(Content(matching), (string[])["yes", "no"]);
        Assert.Contains(OutputText(response), (string[])["yes", "no"]);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
    }

    [Fact]
    public async Task Stream_of_a_chat_ends_with_done()
    {
        HttpResponseMessage response = await SendAsync("chat/completions",
            """
            {"model": "retnet-tinystories", "messages": [{"role": "user", "content": "Tell me a story."}], "max_tokens": 5,
             "stream": true, "stream_options": {"include_usage": true}}
            """);

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        string[] events = (await response.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("data: [DONE]", events[^1]);
        JsonElement[] chunks = [.. events[..^1].Select(item => JsonElement.Parse(item["data: ".Length..]))];
        Assert.All(chunks, chunk => Assert.Equal("chat.completion.chunk", chunk.GetProperty("object").GetString()));
        Assert.Equal("assistant", chunks[0].GetProperty("choices")[0].GetProperty("delta").GetProperty("role").GetString());
        Assert.Equal(5, chunks[^1].GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        Assert.Empty(chunks[^1].GetProperty("choices").EnumerateArray());
    }

    [Fact]
    public async Task Events_of_a_response_are_named()
    {
        HttpResponseMessage response = await SendAsync("responses",
            """{"model": "retnet-tinystories", "input": "Tell me a story.", "max_output_tokens": 4, "stream": true, "temperature": 0}""");

        string[] events = (await response.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.All(events, item =>
        {
            string[] lines = item.Split('\n');
            JsonElement data = JsonElement.Parse(lines[1]["data: ".Length..]);
            Assert.Equal($"event: {data.GetProperty("type").GetString()}", lines[0]);
        });
    }

    [Fact]
    public async Task Input_of_a_response_may_be_a_text_or_messages_without_a_type()
    {
        JsonElement text = await PostAsync("responses",
            """{"model": "retnet-tinystories", "input": "Tell me a story.", "max_output_tokens": 8, "temperature": 0.0, "include": []}""");
        JsonElement messages = await PostAsync("responses",
            """
            {"model": "retnet-tinystories", "max_output_tokens": 8.0, "temperature": 0, "tools": [], "metadata": null, "text": null,
             "reasoning": null, "previous_response_id": null, "conversation": null, "background": false, "truncation": "disabled",
             "input": [{"role": "user", "content": [{"type": "input_text", "text": "Tell me a story."}]}]}
            """);

        Assert.Equal(OutputText(text), OutputText(messages));
    }

    [Fact]
    public async Task Tokens_of_a_response_have_log_probabilities()
    {
        JsonElement response = await PostAsync("responses",
            """
            {"model": "retnet-tinystories", "input": "Tell me a story.", "max_output_tokens": 8, "temperature": 0, "top_logprobs": 2,
             "include": ["message.output_text.logprobs", "reasoning.encrypted_content"]}
            """);

        JsonElement[] tokens = [.. response.GetProperty("output")[0].GetProperty("content")[0].GetProperty("logprobs").EnumerateArray()];
        Assert.Equal(8, tokens.Length);
        Assert.Equal(OutputText(response), string.Concat(tokens.Select(token => token.GetProperty("token").GetString())));
        Assert.All(tokens, token =>
        {
            Assert.True(token.GetProperty("logprob").GetDouble() <= 0);
            Assert.Equal(2, token.GetProperty("top_logprobs").GetArrayLength());
        });
    }

    [Theory]
    [InlineData("chat/completions", """{"model": "retnet-tinystories", "messages": [""", 400)]
    [InlineData("chat/completions", """{"model": "retnet-tinystories"}""", 400)]
    [InlineData("chat/completions", """{"model": "none", "messages": [{"role": "user", "content": "Hello."}]}""", 404)]
    [InlineData("responses", """{"model": "retnet-tinystories"}""", 400)]
    [InlineData("responses", """{"model": "retnet-tinystories", "input": [{"type": "item_reference", "id": "msg_1"}]}""", 404)]
    [InlineData("responses", """{"model": "retnet-tinystories", "input": "Hi.", "tools": [{"type": "web_search"}]}""", 400)]
    [InlineData("responses", """{"model": "retnet-tinystories", "input": "Hi.", "truncation": "auto"}""", 400)]
    [InlineData("responses", """{"model": "retnet-tinystories", "input": "Hi.", "previous_response_id": "resp_1"}""", 404)]
    [InlineData("responses", """{"model": "none", "input": "Hi.", "stream": true}""", 404)]
    [InlineData("embeddings", """{"model": "retnet-tinystories"}""", 400)]
    public async Task Errors_have_the_shape_of_the_api(string path, string body, int status)
    {
        HttpResponseMessage response = await SendAsync(path, body);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        JsonElement error = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error");
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
        Assert.True(error.TryGetProperty("param", out _) && error.TryGetProperty("code", out _));
    }

    private static string Content(JsonElement answer) =>
        answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;

    private static string OutputText(JsonElement response) => response.GetProperty("output").EnumerateArray()
        .Single(item => item.GetProperty("type").GetString() == "message").GetProperty("content")[0].GetProperty("text").GetString()!;

    private async Task<JsonElement> PostAsync(string path, string body)
    {
        HttpResponseMessage response = await SendAsync(path, body);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonElement.Parse(text);
    }

    private async Task<HttpResponseMessage> SendAsync(string path, string body)
    {
        using HttpClient client = new();
        using HttpRequestMessage request = new(HttpMethod.Post, $"{server.Endpoint}/{path}");
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "none");
        return await client.SendAsync(request);
    }
}
