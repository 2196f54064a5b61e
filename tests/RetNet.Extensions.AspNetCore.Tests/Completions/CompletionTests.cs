using System.Buffers;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AI;
using RetNet.Extensions.AspNetCore.Completions;
using RetNet.Extensions.AspNetCore.Requests;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation.Scoring;

namespace RetNet.Extensions.AspNetCore.Tests.Completions;

public sealed class CompletionTests
{
    private const string Path = "/v1/completions";

    [Fact]
    public async Task Text_is_continued_without_a_chat_template()
    {
        await using TestHost host = await TestHost.StartAsync(Models.RetNet);
        using RetNetChatClient client = new(Models.RetNet);
        string expected = string.Concat(await client.ContinueTextAsync(
            "Once upon a time", new ChatOptions { Temperature = 0, MaxOutputTokens = 10 }).Select(update => update.Text).ToListAsync());
        Answer answer = await host.PostAsync(Path, """{"prompt": "Once upon a time", "temperature": 0, "max_tokens": 10}""");
        Answer echo = await host.PostAsync(
            Path, """{"prompt": "Once upon a time", "temperature": 0, "max_tokens": 10, "echo": true}""");
        Assert.Equal(expected, Texts(answer.Json).Single());
        Assert.Equal("Once upon a time" + expected, Texts(echo.Json).Single());
        Assert.Equal("text_completion", answer.Json.GetProperty("object").GetString());
        Assert.Equal(10, answer.Json.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
    }

    [Fact]
    public async Task Prompts_may_be_texts_or_tokens()
    {
        await using TestHost host = await TestHost.StartAsync(Models.RetNet);
        string[] texts = ["The dog", "A red ball"];
        string tokens = string.Join(", ", texts.Select(text => $"[{string.Join(", ", Models.RetNet.Tokenizer.Encode(text))}]"));
        Answer list = await host.PostAsync(Path, """{"prompt": ["The dog", "A red ball"], "temperature": 0, "max_tokens": 6}""");
        Answer ids = await host.PostAsync(Path, $$"""{"prompt": [{{tokens}}], "temperature": 0, "max_tokens": 6}""");
        Answer second = await host.PostAsync(Path, """{"prompt": "A red ball", "temperature": 0, "max_tokens": 6}""");
        Assert.Equal(2, Texts(list.Json).Count);
        Assert.Equal(Texts(list.Json), Texts(ids.Json));
        Assert.Equal(Texts(second.Json).Single(), Texts(list.Json)[1]);
    }

    [Fact]
    public async Task Stream_has_the_same_texts()
    {
        await using TestHost host = await TestHost.StartAsync(Models.RetNet);
        const string request = """{"prompt": ["The dog", "A red ball"], "n": 2, "seed": 3, "temperature": 1, "max_tokens": 8""";
        Answer answer = await host.PostAsync(Path, request + "}");
        List<JsonElement> chunks = await host.StreamAsync(
            Path, request + ", \"stream\": true, \"stream_options\": {\"include_usage\": true}}");
        ILookup<int, JsonElement> choices = chunks.SelectMany(chunk => chunk.GetProperty("choices").EnumerateArray())
            .ToLookup(choice => choice.GetProperty("index").GetInt32());
        Assert.Equal(4, choices.Count);
        Assert.Equal(Texts(answer.Json), Enumerable.Range(0, 4).Select(choice => string.Concat(
            choices[choice].Select(part => part.GetProperty("text").GetString()))));
        Assert.All(choices, parts => Assert.NotNull(parts.Last().GetProperty("finish_reason").GetString()));
        Assert.Equal(answer.Json.GetProperty("usage").ToString(), chunks[^1].GetProperty("usage").ToString());
    }

    [Fact]
    public async Task Log_probabilities_stand_side_by_side()
    {
        await using TestHost host = await TestHost.StartAsync(Models.RetNet);
        Answer answer = await host.PostAsync(Path, """{"prompt": "The dog", "temperature": 0, "max_tokens": 5, "logprobs": 2}""");
        JsonElement choice = answer.Json.GetProperty("choices")[0];
        JsonElement logProbs = choice.GetProperty("logprobs");
        string[] tokens = [.. logProbs.GetProperty("tokens").EnumerateArray().Select(token => token.GetString()!)];
        Assert.Equal(5, tokens.Length);
        Assert.Equal(choice.GetProperty("text").GetString(), string.Concat(tokens));
        Assert.All(logProbs.GetProperty("token_logprobs").EnumerateArray(), value => Assert.True(value.GetDouble() <= 0));
        Assert.All(logProbs.GetProperty("top_logprobs").EnumerateArray(), top => Assert.True(top.EnumerateObject().Count() is 1 or 2));
        Assert.Equal(tokens[0].Length, logProbs.GetProperty("text_offset")[1].GetInt32());
    }

    [Theory]
    [InlineData("retnet", "The dog has a ball. A 🐈‍⬛ über alles", false)]
    [InlineData("llama", "The dog has a ball. A 🐈‍⬛ über alles", false)]
    [InlineData("llama", "The dog has a ball.", true)]
    public async Task An_echo_has_the_log_probabilities_of_the_text_too(string name, string text, bool asTokens)
    {
        TextModel model = name == "retnet" ? Models.RetNet : Models.Llama;
        await using TestHost host = await TestHost.StartAsync(model);
        int[] ids = model.EncodePrompt(text);
        string prompt = asTokens ? JsonSerializer.Serialize(ids) : JsonSerializer.Serialize(text);
        string request = $$"""{"prompt": {{prompt}}, "temperature": 0, "logprobs": 2, "echo": true, "max_tokens": """;

        JsonElement one = (await host.PostAsync(Path, request + "1}")).Json.GetProperty("choices")[0];
        Answer nothing = await host.PostAsync(Path, request + "0}");
        List<JsonElement> chunks = await host.StreamAsync(Path, request + "1, \"stream\": true}");

        string[] tokens = [.. one.GetProperty("logprobs").GetProperty("tokens").EnumerateArray().Select(token => token.GetString()!)];
        double?[] logProbs = [.. one.GetProperty("logprobs").GetProperty("token_logprobs").EnumerateArray()
            .Select(value => value.ValueKind == JsonValueKind.Null ? (double?)null : value.GetDouble())];
        int[] offsets = [.. one.GetProperty("logprobs").GetProperty("text_offset").EnumerateArray().Select(value => value.GetInt32())];
        Assert.Equal(text + tokens[^1], one.GetProperty("text").GetString());
        Assert.Equal(text.Length, offsets[^1]);
        Assert.Equal(0, offsets[0]);
        Assert.True(offsets.Zip(offsets.Skip(1)).All(pair => pair.First <= pair.Second));
        Assert.Equal(tokens.Length, logProbs.Length);
        Assert.Equal(ids.Length + 1, tokens.Length);
        Assert.Null(logProbs[0]);
        double nats = new SequenceLikelihood(model.Model).Score([ids])[0];
        Assert.Equal(-nats, logProbs[1..^1].Sum()!.Value, 1e-3);
        JsonElement top = one.GetProperty("logprobs").GetProperty("top_logprobs");
        Assert.Equal(JsonValueKind.Null, top[0].ValueKind);
        Assert.All(top.EnumerateArray().Skip(1).Zip(logProbs.Skip(1)), place =>
            Assert.True(place.First.EnumerateObject().Max(likely => likely.Value.GetDouble()) >= place.Second));

        JsonElement only = nothing.Json.GetProperty("choices")[0];
        Assert.Equal(text, only.GetProperty("text").GetString());
        Assert.Equal(logProbs[..^1], only.GetProperty("logprobs").GetProperty("token_logprobs").EnumerateArray()
            .Select(value => value.ValueKind == JsonValueKind.Null ? (double?)null : value.GetDouble()));
        Assert.Equal(0, nothing.Json.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        Assert.Equal("length", only.GetProperty("finish_reason").GetString());
        Assert.Equal(tokens, chunks.SelectMany(chunk => chunk.GetProperty("choices").EnumerateArray())
            .Where(choice => choice.GetProperty("logprobs").ValueKind == JsonValueKind.Object)
            .SelectMany(choice => choice.GetProperty("logprobs").GetProperty("tokens").EnumerateArray())
            .Select(token => token.GetString()));
    }

    [Theory]
    [InlineData("""{"prompt": [99999999]}""", "prompt")]
    [InlineData("""{"prompt": [[1, "a"]]}""", "prompt[0][1]")]
    [InlineData("""{"prompt": []}""", "prompt")]
    [InlineData("""{"prompt": "a", "suffix": "b"}""", "suffix")]
    [InlineData("""{"prompt": "a", "best_of": 3}""", "best_of")]
    [InlineData("""{"prompt": "a", "max_tokens": 0}""", "max_tokens")]
    [InlineData("""{"prompt": "a", "echo": true, "logprobs": 1, "n": 2}""", "n")]
    public async Task Requests_that_cannot_be_honoured_name_the_parameter(string request, string parameter)
    {
        await using TestHost host = await TestHost.StartAsync(Models.RetNet);
        Answer answer = await host.PostAsync(Path, request);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal(parameter, answer.Error.GetProperty("param").GetString());
    }

    [Theory]
    [InlineData(1, 65_536)]
    [InlineData(4, 16_384)]
    public async Task Texts_whose_log_probabilities_are_wanted_have_a_limit_together(int prompts, int most)
    {
        await using TestHost host = await TestHost.StartAsync(Models.RetNet);
        int[][] texts = [.. Enumerable.Repeat(new int[most + 1], prompts)];
        Answer answer = await host.PostAsync(
            Path, $$"""{"prompt": {{JsonSerializer.Serialize(texts)}}, "echo": true, "logprobs": 5, "max_tokens": 0}""");
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("context_length_exceeded", answer.Error.GetProperty("code").GetString());
        Assert.Contains(
            $"{most + 1} tokens, more than the {most}", answer.Error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_text_without_tokens_is_refused_where_the_model_names_none_to_begin_with()
    {
        using UnnamedTokensModel unnamed = new();
        await using TestHost host = await TestHost.StartAsync(unnamed.Model);
        Answer answer = await host.PostAsync(Path, """{"prompt": ["The dog", ""]}""");
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("prompt", answer.Error.GetProperty("param").GetString());
        Assert.Contains($"model '{unnamed.Model.Name}' names none that begins or ends a text",
            answer.Error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Log_probability_of_a_new_token_that_is_no_number_cannot_be_written()
    {
        CompletionRequest request = new() { Prompts = [new Prompt("a", null)], Options = new ChatOptions() };
        Continuation continuation = new(request, "a", Models.RetNet.Tokenizer);
        continuation.Add(new ChatResponseUpdate(ChatRole.Assistant, " you")
        {
            AdditionalProperties = new()
            {
                ["logprobs"] = new List<TokenLogProbs> { new(1, " you", " you"u8.ToArray(), double.NaN, []) },
            },
        });
        using Utf8JsonWriter json = new(new ArrayBufferWriter<byte>());
        Assert.Contains("NaN", Assert.Throws<InvalidOperationException>(() => continuation.Write(json, 0, isLast: true)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_clients_continue_no_texts()
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("other"));
        Answer answer = await host.PostAsync(Path, """{"model": "other", "prompt": "a"}""");
        Assert.Equal(HttpStatusCode.NotFound, answer.Status);
        Assert.Contains("continues no texts", answer.Error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private static List<string> Texts(JsonElement answer) =>
        [.. answer.GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("text").GetString()!)];
}
