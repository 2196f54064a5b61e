using System.Net;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using RetNet.Extensions.AI;

namespace RetNet.Extensions.AspNetCore.Tests.Errors;

/// <summary>Answers that JSON cannot hold, which are the server's failures.</summary>
public sealed class UnwritableAnswerTests
{
    private const string Chat = "/v1/chat/completions";
    private const string Question = """{"messages": [{"role": "user", "content": "a"}], "logprobs": true""";

    [Fact]
    public async Task Embedding_that_is_no_number_is_500_and_logged()
    {
        FakeLogCollector log = new();
        await using TestHost host = await TestHost.StartAsync(
            services => services.AddSingleton<IEmbeddingGenerator<string, Embedding<float>>>(new NoNumbers()),
            configure: builder => builder.Logging.AddProvider(new FakeLoggerProvider(log)));

        Answer answer = await host.PostAsync("/v1/embeddings", """{"input": "a"}""");

        Assert.Equal(HttpStatusCode.InternalServerError, answer.Status);
        Assert.Equal("internal_error", answer.Error.GetProperty("code").GetString());
        Assert.Contains(
            log.GetSnapshot(),
            entry => entry.Exception?.Message.Contains("cannot be written as JSON", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task Log_probability_that_is_no_number_is_a_failure_of_the_server()
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m") { Answer = (_, _, _) => Answers() });

        Answer whole = await host.PostAsync("/v1/responses", """{"input": "a", "include": ["message.output_text.logprobs"]}""");
        Answer streamed = await host.PostAsync(Chat, Question + ", \"stream\": true}");

        Assert.Equal(HttpStatusCode.InternalServerError, whole.Status);
        Assert.Equal("internal_error", whole.Error.GetProperty("code").GetString());
        JsonElement[] events = [.. streamed.Text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
            .Select(item => JsonElement.Parse(item["data: ".Length..]))];
        Assert.Equal("hello", string.Concat(events.SkipLast(1)
            .Select(item => item.GetProperty("choices")[0].GetProperty("delta").GetProperty("content").GetString())));
        Assert.Equal("internal_error", events[^1].GetProperty("error").GetProperty("code").GetString());
    }

    private static async IAsyncEnumerable<ChatResponseUpdate> Answers()
    {
        await Task.Yield();
        yield return new ChatResponseUpdate(ChatRole.Assistant, "hello");
        yield return new ChatResponseUpdate(ChatRole.Assistant, " you")
        {
            AdditionalProperties = new()
            {
                ["logprobs"] = new List<TokenLogProbs> { new(1, " you", " you"u8.ToArray(), double.NaN, []) },
            },
        };
    }

    private sealed class NoNumbers : IEmbeddingGenerator<string, Embedding<float>>
    {
        public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
            IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new GeneratedEmbeddings<Embedding<float>>([new(new[] { 1, float.NaN })]));

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
