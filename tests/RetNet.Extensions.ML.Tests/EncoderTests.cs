using System.Text.Json;
using Microsoft.ML;
using RetNet.Extensions.ML.Transforms;

namespace RetNet.Extensions.ML.Tests;

/// <summary>The embedding transform with an encoder and the files of sentence-transformers.</summary>
public sealed class EncoderTests
{
    private const float Tolerance = 2e-6f;

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "models", "encoder-bert");

    private readonly MLContext _context = new(seed: 1);

    [Theory]
    [InlineData(null, "none")]
    [InlineData("query", "query")]
    public void Vectors_are_those_of_the_reference(string? prompt, string name)
    {
        JsonElement reference = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "texts.json"))).RootElement;
        string[] texts = reference.GetProperty("texts").Deserialize<string[]>()!;
        float[][] expected = reference.GetProperty("prompts").GetProperty(name).GetProperty("vectors").Deserialize<float[][]>()!;
        using RetNetEmbeddingTransformer transformer = Fit(new() { Prompt = prompt });

        List<EmbeddedRow> rows = _context.Read<EmbeddedRow>(
            transformer.Transform(_context.Load([.. texts.Select(text => new TextRow { Text = text })])));

        foreach ((float[] vector, EmbeddedRow row) in expected.Zip(rows))
            Assert.All(vector.Zip(row.Features), pair => Assert.Equal(pair.First, pair.Second, Tolerance));
    }

    [Fact]
    public async Task A_pipeline_loads_in_another_process_with_its_prompt_pooling_and_dimensions()
    {
        using RetNetEmbeddingTransformer transformer = Fit(new() { Prompt = "query", Dimensions = 12 });
        IDataView data = _context.Load(Models.Rows(4));
        using ModelArchiveFile file = ModelArchiveFile.Save(_context, transformer, data.Schema);

        string[] expected = LoaderProgram.Values(transformer.Transform(data), "Features");

        Assert.All(expected, vector => Assert.Equal(12 * 2 * sizeof(float), vector.Length));
        Assert.Equal(expected, await LoaderProgram.RunAsync(file.Path, "Features", 4));
    }

    [Fact]
    public void More_dimensions_than_the_model_has_are_refused()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => Fit(new() { Dimensions = 49 }));

        Assert.Contains("Dimensions is 49; the vectors of model", error.Message, StringComparison.Ordinal);
    }

    private RetNetEmbeddingTransformer Fit(RetNetEmbeddingEstimator.Options options)
    {
        (options.OutputColumnName, options.InputColumnName, options.ModelPath, options.Threads) = ("Features", "Text", Folder, 1);
        return _context.Transforms.Text.RetNetEmbedding(options).Fit(_context.Load());
    }
}
