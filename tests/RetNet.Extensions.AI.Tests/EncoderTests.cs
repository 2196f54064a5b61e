using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.AI.Tests;

/// <summary>Embeddings of an encoder with the files of sentence-transformers, beside what its reference gives for the texts.</summary>
public sealed class EncoderTests
{
    private const float Tolerance = 2e-6f;

    private static readonly string Folder = Models.PathOf("encoder-bert");
    private static readonly JsonElement Reference = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "texts.json"))).RootElement;
    private static readonly string[] Texts = [.. Reference.GetProperty("texts").EnumerateArray().Select(text => text.GetString()!)];

    [Fact]
    public async Task A_user_changes_only_the_path()
    {
        await using ServiceProvider services = Services(_ => { });
        IEmbeddingGenerator<string, Embedding<float>> generator =
            services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();

        GeneratedEmbeddings<Embedding<float>> embeddings = await generator.GenerateAsync(Texts);

        AssertClose("none", embeddings);
        Assert.Equal(Tokens("none").Sum(ids => ids.Length), embeddings.Usage!.InputTokenCount);
    }

    [Fact]
    public async Task A_prompt_of_the_model_or_a_prefix_is_put_before_each_text()
    {
        await using ServiceProvider services = Services(options => options.Prompt = "query");
        IEmbeddingGenerator<string, Embedding<float>> generator =
            services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
        EmbeddingGenerationOptions prefix = new() { RawRepresentationFactory = _ => new RetNetEmbeddingOptions { Prefix = "query: " } };
        EmbeddingGenerationOptions unknown = new() { RawRepresentationFactory = _ => new RetNetEmbeddingOptions { Prompt = "search" } };

        AssertClose("query", await generator.GenerateAsync(Texts));
        AssertClose("query", await generator.GenerateAsync(Texts, prefix));
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() => generator.GenerateAsync(Texts, unknown));
        Assert.Contains("Prompt is 'search'; expected a prompt of model 'encoder-bert': query, document", error.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Texts_that_are_too_long_are_counted()
    {
        using TextModel model = TextModel.Load(Folder, new ModelLoadOptions { Threads = 1 });
        using RetNetEmbeddingGenerator generator = new(model);

        GeneratedEmbeddings<Embedding<float>> embeddings = await generator.GenerateAsync(Texts);
        GeneratedEmbeddings<Embedding<float>> shorter = await generator.GenerateAsync(["A dog."]);

        Assert.Equal(1, embeddings.Usage!.AdditionalCounts![RetNetEmbeddingGenerator.CutTexts]);
        Assert.Null(shorter.Usage!.AdditionalCounts);
    }

    [Fact]
    public async Task Dimensions_are_the_first_values_scaled_again()
    {
        using TextModel model = TextModel.Load(Folder, new ModelLoadOptions { Threads = 1 });
        using RetNetEmbeddingGenerator generator = new(model);

        float[] whole = (await generator.GenerateAsync(Texts[0])).Vector.ToArray();
        float[] first = (await generator.GenerateAsync(Texts[0], new() { Dimensions = 12 })).Vector.ToArray();

        float length = MathF.Sqrt(whole[..12].Sum(value => value * value));
        Assert.Equal(12, first.Length);
        Assert.All(first.Zip(whole), pair => Assert.Equal(pair.Second / length, pair.First, 1e-6f));
    }

    [Fact]
    public async Task A_chat_with_an_encoder_is_refused_by_name()
    {
        using TextModel model = TextModel.Load(Folder, new ModelLoadOptions { Threads = 1 });
        using RetNetChatClient client = new(model);

        NotSupportedException error = await Assert.ThrowsAsync<NotSupportedException>(() => client.GetResponseAsync("Hello"));

        Assert.Contains("Model 'encoder-bert' is an encoder (bert)", error.Message, StringComparison.Ordinal);
    }

    private static ServiceProvider Services(Action<RetNetEmbeddingOptions> configure) => new ServiceCollection()
        .AddRetNetEmbeddingGenerator(model => (model.ModelPath, model.Threads) = (Folder, 1))
        .Configure(configure)
        .BuildServiceProvider();

    private static int[][] Tokens(string prompt) => Of(prompt, "ids").Deserialize<int[][]>()!;

    private static JsonElement Of(string prompt, string what) => Reference.GetProperty("prompts").GetProperty(prompt).GetProperty(what);

    private static void AssertClose(string prompt, GeneratedEmbeddings<Embedding<float>> embeddings)
    {
        float[][] expected = Of(prompt, "vectors").Deserialize<float[][]>()!;
        Assert.Equal(expected.Length, embeddings.Count);
        foreach ((float[] vector, Embedding<float> embedding) in expected.Zip(embeddings))
        {
            Assert.Equal(vector.Length, embedding.Dimensions);
            Assert.All(vector.Zip(embedding.Vector.ToArray()), pair => Assert.Equal(pair.First, pair.Second, Tolerance));
        }
    }
}
