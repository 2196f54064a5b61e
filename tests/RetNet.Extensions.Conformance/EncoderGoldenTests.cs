using System.Numerics.Tensors;
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
