using System.ClientModel;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using OpenAI.Embeddings;

namespace RetNet.Extensions.AspNetCore.Tests.Clients;

/// <summary>Embeddings by the clients of OpenAI, Microsoft.Extensions.AI and Semantic Kernel, and by HTTP.</summary>
[Collection(ModelServerCollection.Name)]
public sealed class EmbeddingTests(ModelServer server)
{
    private static readonly string[] Texts = ["A dog ran.", "A cat sat."];

    [Fact]
    public async Task OpenAI_embeds_texts()
    {
        EmbeddingClient client = server.OpenAI.GetEmbeddingClient(ModelServer.Stories);
        OpenAIEmbeddingCollection embeddings = await client.GenerateEmbeddingsAsync([.. Texts, Texts[0]]);
        OpenAIEmbedding one = await client.GenerateEmbeddingAsync(Texts[0]);

        Assert.Equal([0, 1, 2], embeddings.Select(embedding => embedding.Index));
        Assert.Equal(one.ToFloats().ToArray(), embeddings[0].ToFloats().ToArray());
        Assert.Equal(embeddings[0].ToFloats().ToArray(), embeddings[2].ToFloats().ToArray());
        Assert.NotEqual(embeddings[0].ToFloats().ToArray(), embeddings[1].ToFloats().ToArray());
        Assert.True(embeddings.Usage.InputTokenCount > 0);
    }

    [Fact]
    public async Task OpenAI_gets_the_dimensions_that_the_model_has_or_an_error()
    {
        EmbeddingClient client = server.OpenAI.GetEmbeddingClient(ModelServer.Stories);
        int dimensions = ((OpenAIEmbedding)await client.GenerateEmbeddingAsync(Texts[0])).ToFloats().Length;

        OpenAIEmbedding same = await client.GenerateEmbeddingAsync(Texts[0], Options(dimensions));
        ClientResultException error = await Assert.ThrowsAsync<ClientResultException>(
            () => client.GenerateEmbeddingAsync(Texts[0], Options(dimensions + 1)));
        OpenAIEmbedding half = await client.GenerateEmbeddingAsync(Texts[0], Options(dimensions / 2));

        Assert.Equal(dimensions, same.ToFloats().Length);
        Assert.Equal(dimensions / 2, half.ToFloats().Length);
        Assert.Equal(400, error.Status);
        Assert.Contains($"have {dimensions}", error.Message, StringComparison.Ordinal);

        static OpenAI.Embeddings.EmbeddingGenerationOptions Options(int dimensions) => new() { Dimensions = dimensions };
    }

    [Fact]
    public async Task ExtensionsAI_embeds_texts()
    {
        using IEmbeddingGenerator<string, Embedding<float>> generator =
            server.OpenAI.GetEmbeddingClient(ModelServer.Stories).AsIEmbeddingGenerator();

        await EmbedsAsync(generator);
    }

    [Fact]
    public async Task Semantic_Kernel_embeds_texts()
    {
        IKernelBuilder builder = Kernel.CreateBuilder();
        builder.AddOpenAIEmbeddingGenerator(ModelServer.Stories, server.OpenAI);

        await EmbedsAsync(builder.Build().Services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>());
    }

    [Fact]
    public async Task Numbers_and_base64_are_the_same()
    {
        JsonElement numbers = await PostAsync(
            """{"model": "retnet-tinystories", "input": ["A dog ran."], "encoding_format": null, "dimensions": null, "user": null}""");
        JsonElement base64 = await PostAsync("""{"model": "retnet-tinystories", "input": "A dog ran.", "encoding_format": "base64"}""");

        float[] written = [.. numbers.EnumerateArray().Select(number => number.GetSingle())];
        byte[] bytes = base64.GetBytesFromBase64();
        Assert.Equal(written, Enumerable.Range(0, bytes.Length / 4).Select(i => BitConverter.ToSingle(bytes, 4 * i)));
    }

    private static async Task EmbedsAsync(IEmbeddingGenerator<string, Embedding<float>> generator)
    {
        GeneratedEmbeddings<Embedding<float>> embeddings = await generator.GenerateAsync(Texts);

        Assert.Equal(2, embeddings.Count);
        Assert.NotEqual(embeddings[0].Vector.ToArray(), embeddings[1].Vector.ToArray());
        Assert.True(embeddings.Usage!.InputTokenCount > 0);
    }

    private async Task<JsonElement> PostAsync(string body)
    {
        using HttpClient client = new();
        using StringContent content = new(body, Encoding.UTF8, "application/json");
        HttpResponseMessage response = await client.PostAsync(new Uri($"{server.Endpoint}/embeddings"), content);
        return JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("data")[0].GetProperty("embedding");
    }
}
