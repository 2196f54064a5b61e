using Microsoft.ML.OnnxRuntime;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.ML.Onnx;

namespace RetNet.Extensions.ML.Tests;

/// <summary>ONNX graphs of small RetNets of both dialects, computed by ONNX Runtime.</summary>
public sealed class OnnxGraphTests
{
    public static TheoryData<string> Models =>
    [
        "retnet-fla-defaults", "retnet-fla-tied-mqa", "retnet-fla-untied", "retnet-torchscale-bigk", "retnet-torchscale-gelu-shared",
        "retnet-torchscale-paperinit", "retnet-torchscale-smallq", "retnet-torchscale-smallv", "retnet-torchscale-swish",
    ];

    [Theory]
    [MemberData(nameof(Models))]
    public void The_hidden_states_are_those_of_the_recurrent_form(string name)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "models", name);
        int[] tokens = [.. Enumerable.Range(0, 150).Select(i => 1 + (i * 7 % 50))];
        using LanguageModel model = LanguageModel.Load(folder, new ModelLoadOptions { Threads = 1 });
        foreach (EmbeddingPooling pooling in (EmbeddingPooling[])[EmbeddingPooling.LastToken, EmbeddingPooling.Mean])
        {
            float[] expected = new SequenceEmbedder(model, pooling: pooling, normalize: false).Embed([tokens])[0];
            using InferenceSession session = Export(folder, pooling);
            OnnxRun.AssertClose(expected, OnnxRun.Run(session, tokens, "embedding"));
        }
    }

    [Fact]
    public void A_tensor_is_read_when_it_is_written()
    {
        int reads = 0;
        OnnxGraph graph = new("small");
        graph.AddConstant(2, Values, 2);

        Assert.Equal(0, reads);
        graph.WriteTo(Stream.Null);
        Assert.Equal(1, reads);

        float[] Values()
        {
            reads++;
            return [1, 2];
        }
    }

    private static InferenceSession Export(string folder, EmbeddingPooling pooling)
    {
        using Checkpoint checkpoint = Checkpoint.Open(folder);
        using MemoryStream stream = new();
        RetNetGraph.Of(checkpoint).Embed(pooling, normalize: false).WriteTo(stream);
        return new InferenceSession(stream.ToArray());
    }
}
