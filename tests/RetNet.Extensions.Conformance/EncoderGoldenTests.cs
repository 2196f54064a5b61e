using System.Numerics.Tensors;
using System.Text;
using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Encoder;

namespace RetNet.Extensions.Conformance;

/// <summary>Encoders against transformers.</summary>
public sealed class EncoderGoldenTests
{
    public static TheoryData<string> Cases { get; } =
        ["encoder-bert", "encoder-xlm-roberta", "encoder-distilbert", "encoder-nomic-bert", "encoder-modernbert"];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Texts_of_one_batch_get_the_hidden_states_of_the_reference(string name)
    {
        using GoldenCase golden = new(name);
        using EncoderModel model = Load(golden);
        float[][] hidden = Encode(model, Texts(golden));

        GoldenCase.AssertClose(golden.Floats("hidden"), hidden.SelectMany(rows => rows).ToArray(), golden.Tolerance("hidden"), "hidden");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_text_gets_the_same_bits_alone_and_in_any_batch(string name)
    {
        using GoldenCase golden = new(name);
        using EncoderModel model = Load(golden);
        using EncoderModel other = Load(golden, threads: 1);
        int[][] texts = Texts(golden);
        int[][] many = [.. Enumerable.Range(0, 20).SelectMany(_ => texts), [], texts[0]];
        float[][] together = Encode(model, many);

        for (int i = 0; i < many.Length; i++)
            Assert.Equal(many[i].Length == 0 ? [] : Encode(other, [many[i]])[0], together[i]);
    }

    // Made of the same weights by llama.cpp's converter.
    [Theory]
    [InlineData("encoder-bert")]
    [InlineData("encoder-nomic-bert")]
    public void A_gguf_file_gives_the_hidden_states_of_the_reference(string name)
    {
        using GoldenCase golden = new(name);
        using EncoderModel model = EncoderModel.Load(Checkpoint.Open(Path.Combine(golden.Folder, "model.gguf")));

        GoldenCase.AssertClose(
            golden.Floats("hidden"), Encode(model, Texts(golden)).SelectMany(rows => rows).ToArray(), golden.Tolerance("hidden"), "hidden");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Vectors_are_pooled_as_the_reference_pools(string name)
    {
        using GoldenCase golden = new(name);
        using EncoderModel model = Load(golden);
        foreach ((string tensor, EmbeddingPooling pooling) in ((string, EmbeddingPooling)[])[("mean", EmbeddingPooling.Mean),
            ("cls", EmbeddingPooling.FirstToken), ("max", EmbeddingPooling.Max), ("last", EmbeddingPooling.LastToken)])
        {
            float[][] vectors = new SequenceEmbedder(model, pooling, normalize: true, dimensions: null).Embed(Texts(golden));
            GoldenCase.AssertClose(golden.Floats(tensor), vectors.SelectMany(vector => vector).ToArray(), golden.Tolerance(tensor), tensor);
        }
    }

    // google-bert's checkpoints have the names of TensorFlow.
    [Fact]
    public void Norms_may_have_the_names_of_earlier_years()
    {
        using GoldenCase golden = new("encoder-bert");
        string folder = Directory.CreateTempSubdirectory("retnet-encoder-").FullName;
        try
        {
            File.Copy(Path.Combine(golden.Folder, "config.json"), Path.Combine(folder, "config.json"));
            string weights = Encoding.Latin1.GetString(File.ReadAllBytes(Path.Combine(golden.Folder, "model.safetensors")));
            weights = weights.Replace("LayerNorm.weight\"", "LayerNorm.gamma\" ", StringComparison.Ordinal)
                .Replace("LayerNorm.bias\"", "LayerNorm.beta\"", StringComparison.Ordinal);
            File.WriteAllBytes(Path.Combine(folder, "model.safetensors"), Encoding.Latin1.GetBytes(weights));
            using EncoderModel expected = Load(golden), model = EncoderModel.Load(Checkpoint.Open(folder));

            Assert.Equal(Encode(expected, Texts(golden)), Encode(model, Texts(golden)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // snowflake-arctic-embed-m-long: the angles are others for texts that are longer than those it was trained with.
    [Fact]
    public void Rotary_scaling_by_length_leaves_texts_of_the_trained_length_as_they_are()
    {
        using GoldenCase golden = new("encoder-nomic-bert");
        using Checkpoint checkpoint = Checkpoint.Open(golden.Folder);
        JsonNode configuration = JsonNode.Parse(checkpoint.Configuration.GetRawText())!;
        (configuration["rotary_scaling_factor"], configuration["max_trained_positions"]) = (2, 17);
        using FileStream weights = File.OpenRead(Path.Combine(golden.Folder, "model.safetensors"));
        using EncoderModel expected = Load(golden);
        using EncoderModel model = EncoderModel.Load(
            Checkpoint.FromMemory("long", Encoding.UTF8.GetBytes(configuration.ToJsonString()), weights));
        int[][] texts = Texts(golden), shorter = [.. texts.Where(text => text.Length <= 17)];

        Assert.Equal(17, model.Info.ContextLength);
        Assert.Equal(2, shorter.Length);
        Assert.Equal(Encode(expected, shorter), Encode(model, shorter));
        Assert.Throws<ArgumentException>(() => Encode(model, texts));
    }

    [Theory]
    [InlineData(WeightFormat.BFloat16, 0.9995)]
    [InlineData(WeightFormat.Int8, 0.999)]
    [InlineData(WeightFormat.Int4, 0.97)]
    public void Rounded_weights_give_nearly_the_same_vectors(WeightFormat format, double leastCosine)
    {
        using GoldenCase golden = new("encoder-bert");
        using EncoderModel model = EncoderModel.Load(Checkpoint.Open(golden.Folder), new ModelLoadOptions { WeightFormat = format });
        float[][] vectors = new SequenceEmbedder(model, EmbeddingPooling.Mean, normalize: true, dimensions: null).Embed(Texts(golden));

        Assert.Equal(format, model.Info.WeightFormat);
        foreach ((float[] expected, float[] vector) in golden.Floats("mean").Chunk(model.Info.Width).Zip(vectors))
            Assert.True(TensorPrimitives.CosineSimilarity(expected, vector) > leastCosine);
    }

    private static EncoderModel Load(GoldenCase golden, int threads = 2) =>
        EncoderModel.Load(Checkpoint.Open(golden.Folder), new ModelLoadOptions { Threads = threads });

    private static int[][] Texts(GoldenCase golden)
    {
        Queue<long> tokens = new(golden.Integers("input_ids"));
        return [.. golden.Integers("lengths").Select(length =>
            Enumerable.Range(0, (int)length).Select(_ => (int)tokens.Dequeue()).ToArray())];
    }

    private static float[][] Encode(EncoderModel model, int[][] texts)
    {
        float[][] hidden = [.. texts.Select(_ => Array.Empty<float>())];
        model.Encode(texts, (text, rows) => hidden[text] = rows.ToArray());
        return hidden;
    }
}
