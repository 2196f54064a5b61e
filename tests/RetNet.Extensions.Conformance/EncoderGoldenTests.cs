using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
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
