using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.AI.Tests;

/// <summary>A decoder that embeds texts, a folder of the shape of Qwen3-Embedding: the tensors of the base class without a head, a
/// tokenizer that puts a token after a text, prompts, and pooling of the last token. Beside it what its reference gives.</summary>
public sealed class DecoderEmbeddingTests
{
    private static readonly string Folder = Models.PathOf("embedding-qwen3");
    private static readonly JsonElement Reference = Read("texts.json");
    private static readonly string[] Texts = [.. Reference.GetProperty("texts").EnumerateArray().Select(text => text.GetString()!)];

    [Theory]
    [InlineData("none")]
    [InlineData("query")]
    [InlineData("document")]
    public async Task Vectors_are_those_of_the_reference(string prompt)
    {
        await using ServiceProvider services = new ServiceCollection()
            .AddRetNetEmbeddingGenerator(model => (model.ModelPath, model.Threads) = (Folder, 1))
            .Configure((RetNetEmbeddingOptions options) => options.Prompt = prompt == "none" ? null : prompt)
            .BuildServiceProvider();
        float tolerance = Read("case.json").GetProperty("suggested_max_abs_tolerance").GetProperty("vectors").GetSingle();
        JsonElement expected = Reference.GetProperty("prompts").GetProperty(prompt);

        GeneratedEmbeddings<Embedding<float>> embeddings =
            await services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>().GenerateAsync(Texts);

        Assert.Equal(expected.GetProperty("ids").EnumerateArray().Sum(ids => ids.GetArrayLength()), embeddings.Usage!.InputTokenCount);
        foreach ((float[] vector, Embedding<float> embedding) in expected.GetProperty("vectors").Deserialize<float[][]>()!.Zip(embeddings))
        {
            Assert.Equal(vector.Length, embedding.Dimensions);
            Assert.All(vector.Zip(embedding.Vector.ToArray()), pair => Assert.Equal(pair.First, pair.Second, tolerance));
        }
    }

    [Fact]
    public void A_text_ends_with_the_token_of_the_tokenizer()
    {
        using TextModel model = TextModel.Load(Folder, new ModelLoadOptions { Threads = 1 });
        TextEmbedder embedder = new(model, new EmbeddingOptions { Prompt = "query" });
        int[][] expected = Reference.GetProperty("prompts").GetProperty("query").GetProperty("ids").Deserialize<int[][]>()!;

        Assert.Equal(expected, Texts.Select(text => embedder.Encode(text, out _)));
        Assert.Equal(model.Tokenizer.TokenId("<|endoftext|>"), embedder.Encode("", out _)[^1]);
    }

    [Fact]
    public async Task A_chat_with_a_model_that_has_no_head_is_refused_by_name()
    {
        using TextModel model = TextModel.Load(Folder, new ModelLoadOptions { Threads = 1 });
        using RetNetChatClient client = new(model);

        NotSupportedException error = await Assert.ThrowsAsync<NotSupportedException>(() => client.GetResponseAsync("Hello"));

        Assert.Contains("Model 'embedding-qwen3' has no head (qwen3)", error.Message, StringComparison.Ordinal);
    }

    private static JsonElement Read(string file) => JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, file))).RootElement;
}
