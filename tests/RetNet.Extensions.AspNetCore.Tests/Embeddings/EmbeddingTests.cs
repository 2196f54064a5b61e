using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using RetNet.Extensions.AI;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.AspNetCore.Tests.Embeddings;

public sealed class EmbeddingTests
{
    private const string Path = "/v1/embeddings";

    [Fact]
    public async Task Vectors_are_the_generators_in_both_forms()
    {
        await using TestHost host = await TestHost.StartAsync(Models.RetNet);
        using RetNetEmbeddingGenerator generator = new(Models.RetNet);
        GeneratedEmbeddings<Embedding<float>> expected = await generator.GenerateAsync(["a small dog", "a big cat"]);
        Answer numbers = await host.PostAsync(Path, """{"model": "retnet-tinystories", "input": ["a small dog", "a big cat"]}""");
        Answer bytes = await host.PostAsync(Path, """{"input": ["a small dog", "a big cat"], "encoding_format": "base64"}""");
        for (int i = 0; i < 2; i++)
        {
            float[] vector = [.. Vector(numbers, i).EnumerateArray().Select(value => value.GetSingle())];
            Assert.Equal(expected[i].Vector.ToArray(), vector);
            Assert.Equal(vector, MemoryMarshal.Cast<byte, float>(Vector(bytes, i).GetBytesFromBase64()).ToArray());
        }

        Assert.Equal(expected.Usage!.InputTokenCount, numbers.Json.GetProperty("usage").GetProperty("prompt_tokens").GetInt64());
    }

    [Fact]
    public async Task Tokens_are_embedded_as_their_text()
    {
        await using TestHost host = await TestHost.StartAsync(Models.RetNet);
        string tokens = string.Join(", ", Models.RetNet.Tokenizer.Encode("a small dog"));
        Answer text = await host.PostAsync(Path, """{"input": "a small dog"}""");
        Answer ids = await host.PostAsync(Path, $$"""{"input": [{{tokens}}]}""");
        Assert.Equal(Vector(text, 0).ToString(), Vector(ids, 0).ToString());
    }

    [Theory]
    [InlineData("""{"input": "a", "dimensions": 100000}""", "dimensions")]
    [InlineData("""{}""", "input")]
    [InlineData("""{"input": {"a": 1}}""", "input")]
    [InlineData("""{"input": "a", "encoding_format": "int8"}""", "encoding_format")]
    [InlineData("""{"input": "a", "dimensions": "many"}""", "dimensions")]
    public async Task Requests_that_cannot_be_honoured_are_refused(string request, string parameter)
    {
        await using TestHost host = await TestHost.StartAsync(Models.RetNet);
        Answer answer = await host.PostAsync(Path, request);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal(parameter, answer.Error.GetProperty("param").GetString());
    }

    [Fact]
    public async Task Width_of_the_model_is_the_number_of_dimensions_that_it_has()
    {
        await using TestHost host = await TestHost.StartAsync(Models.RetNet);
        int width = Models.RetNet.Model.Info.Width;
        Answer answer = await host.PostAsync(Path, $$"""{"input": "a", "dimensions": {{width}}}""");
        Assert.Equal(width, Vector(answer, 0).GetArrayLength());
    }

    [Fact]
    public async Task Requests_beyond_the_queue_and_states_beyond_the_budget_are_refused()
    {
        using TextModel model = TextModel.Load(Models.PathOf("llama-tinystories"), new ModelLoadOptions { Threads = 1 },
            new BatchSchedulerOptions { MaxQueue = 1, StateBudgetBytes = 1 << 21 });
        await using TestHost host = await TestHost.StartAsync(model);
        Answer large = await host.PostAsync(Path, $$"""{"input": "{{string.Concat(Enumerable.Repeat("dog ", 2_000))}}"}""");
        Assert.Equal(HttpStatusCode.BadRequest, large.Status);
        Assert.Equal("state_budget_exceeded", large.Error.GetProperty("code").GetString());

        IEmbeddingGenerator<string, Embedding<float>> generator =
            host.App.Services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
        List<Task> others = [];
        using (await model.Budget.ReserveAsync(model.Budget.Bytes))
        {
            for (int i = 0; i < Math.Max(1, Environment.ProcessorCount / 2) + 1; i++)
                others.Add(generator.GenerateAsync(["a"]));
            Answer busy = await host.PostAsync(Path, """{"input": "a"}""");
            Assert.Equal(HttpStatusCode.TooManyRequests, busy.Status);
            Assert.True(busy.Headers.ContainsKey("Retry-After"));
        }

        await Task.WhenAll(others);
        Assert.Equal(HttpStatusCode.OK, (await host.PostAsync(Path, """{"input": "a"}""")).Status);
    }

    private static JsonElement Vector(Answer answer, int index) => answer.Json.GetProperty("data")[index].GetProperty("embedding");
}
