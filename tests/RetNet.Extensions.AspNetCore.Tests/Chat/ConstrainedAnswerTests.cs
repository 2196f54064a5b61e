using System.Net;
using System.Text.Json;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.AspNetCore.Tests.Chat;

public sealed class ConstrainedAnswerTests
{
    private const string Path = "/v1/chat/completions";
    private const string Story = """{"messages": [{"role": "user", "content": "Tell me of a dog."}], "temperature": 0, "max_tokens": 80""";

    [Theory]
    [InlineData("""
        "response_format": {"type": "json_schema", "json_schema": {"name": "dog", "strict": true, "schema": {"type": "object",
        "properties": {"size": {"enum": ["big", "small"]}}, "required": ["size"], "additionalProperties": false}}}
        """)]
    [InlineData("""
        "json_schema": {"type": "object", "properties": {"size": {"enum": ["big", "small"]}}, "required": ["size"]}
        """)]
    public async Task Answer_keeps_a_schema(string format)
    {
        await using TestHost host = await TestHost.StartAsync(Models.RetNet);
        Answer answer = await host.PostAsync(Path, $"{Story}, {format}}}");
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
        Assert.Contains(JsonElement.Parse(answer.Content).GetProperty("size").GetString(), (string[])["big", "small"]);
    }

    [Theory]
    [InlineData("\"regex\": \"(yes|no)!\"")]
    [InlineData("""
        "grammar": "root ::= (\"yes\" | \"no\") \"!\""
        """)]
    public async Task Answer_keeps_a_grammar(string grammar)
    {
        await using TestHost host = await TestHost.StartAsync(Models.RetNet);
        Answer answer = await host.PostAsync(Path, $"{Story}, {grammar}}}");
        Assert.Contains(answer.Content, (string[])["yes!", "no!"]);
        Answer wrong = await host.PostAsync(Path, $"{Story}, \"grammar\": \"root ::= (\"}}");
        Assert.Equal(HttpStatusCode.BadRequest, wrong.Status);
    }

    [Fact]
    public async Task Grammar_that_proves_too_complex_while_it_is_followed_is_refused()
    {
        await using TestHost host = await TestHost.StartAsync(Models.RetNet);
        const string rules = """
            "grammar": "root ::= x \"!\"\nx ::= x1 | x1 x\nx1 ::= [a-z ]+ | [a-z ]+ x1 | [a-z] x x1"
            """;

        Answer whole = await host.PostAsync(Path, $"{Story}, {rules}}}");
        Answer streamed = await host.PostAsync(Path, $"{Story}, {rules}, \"stream\": true}}");

        Assert.Equal((HttpStatusCode.BadRequest, "invalid_request_error"), (whole.Status, whole.Error.GetProperty("type").GetString()));
        string last = streamed.Text.Split("data: ", StringSplitOptions.RemoveEmptyEntries)[^1];
        Assert.Equal(whole.Error.GetRawText(), JsonElement.Parse(last).GetProperty("error").GetRawText());
    }

    [Fact]
    public async Task Log_probabilities_are_those_of_the_tokens()
    {
        await using TestHost host = await TestHost.StartAsync(Models.RetNet);
        string request = Story.Replace("80", "6", StringComparison.Ordinal) + ", \"logprobs\": true, \"top_logprobs\": 3";
        Answer answer = await host.PostAsync(Path, request + "}");
        JsonElement[] tokens = [.. Tokens(answer.Json.GetProperty("choices")[0])];
        Assert.Equal(6, tokens.Length);
        Assert.Equal(answer.Content.Trim(), string.Concat(tokens.Select(token => token.GetProperty("token").GetString())).Trim());
        Assert.All(tokens, token =>
        {
            // At temperature 0 each token is the likeliest one.
            JsonElement top = token.GetProperty("top_logprobs");
            Assert.Equal(3, top.GetArrayLength());
            Assert.Equal(token.GetProperty("logprob").GetDouble(), top[0].GetProperty("logprob").GetDouble());
        });

        List<JsonElement> chunks = await host.StreamAsync(Path, request + ", \"stream\": true}");
        Assert.Equal(tokens.Select(token => token.ToString()),
            chunks.SelectMany(chunk => Tokens(chunk.GetProperty("choices")[0])).Select(token => token.ToString()));
    }

    [Theory]
    [InlineData("retnet-tinystories")]
    [InlineData("llama-tinystories")]
    public async Task Stream_tells_how_the_state_grows(string name)
    {
        Core.TextModel model = name == Models.RetNet.Name ? Models.RetNet : Models.Llama;
        await using TestHost host = await TestHost.StartAsync(model);
        List<JsonElement> chunks = await host.StreamAsync(Path,
            Story + ", \"stream\": true, \"stream_options\": {\"include_usage\": true, \"include_state\": true}}");
        JsonElement[] states = [.. chunks.SkipLast(1).Select(chunk => chunk.GetProperty("retnet"))];
        JsonElement usage = chunks[^1].GetProperty("usage");
        Assert.Equal(usage.GetProperty("total_tokens").GetInt64(), states[^1].GetProperty("tokens").GetInt64());
        long[] tokens = [.. states.Select(state => state.GetProperty("tokens").GetInt64())];
        Assert.Equal(tokens.Order(), tokens);
        ModelInfo info = model.Model.Info;
        Assert.All(states, state =>
        {
            long seen = state.GetProperty("tokens").GetInt64();
            long full = state.GetProperty("full_cache_bytes").GetInt64();

            // Of a RetNet it is that of a Transformer of its shape: keys and values in float32.
            Assert.Equal(
                info.HasConstantState
                    ? 2L * info.Layers * info.Width * sizeof(float) * seen
                    : model.Model.StateBytes(new StateOptions(), seen),
                full);
            Assert.Equal(info.HasConstantState ? usage.GetProperty("retnet").GetProperty("state_bytes").GetInt64() : full,
                state.GetProperty("state_bytes").GetInt64());
        });
    }

    [Fact]
    public async Task Other_clients_have_no_state_to_tell_of()
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m"));
        List<JsonElement> chunks = await host.StreamAsync(
            Path, """{"messages": [{"role": "user", "content": "a"}], "stream": true, "stream_options": {"include_state": true}}""");
        Assert.All(chunks, chunk => Assert.Equal(JsonValueKind.Null, chunk.GetProperty("retnet").ValueKind));
    }

    private static IEnumerable<JsonElement> Tokens(JsonElement choice) =>
        choice.GetProperty("logprobs") is { ValueKind: JsonValueKind.Object } logProbs
            ? logProbs.GetProperty("content").EnumerateArray()
            : Enumerable.Empty<JsonElement>();
}
