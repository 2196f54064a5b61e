using System.Text;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Generation.Scoring;

namespace RetNet.Extensions.Core.Tests.Generation.Scoring;

/// <summary>The files of sentence-transformers.</summary>
public class EmbeddingConfigurationTests
{
    [Theory]
    [InlineData(4096)]
    [InlineData(1)]
    public void The_announced_dimension_of_a_pooling_is_not_what_it_pools(int dimension)
    {
        EmbeddingConfiguration read = Read($"\"word_embedding_dimension\":{dimension},\"pooling_mode_cls_token\":true");

        Assert.Equal((EmbeddingPooling.FirstToken, false), (read.Pooling, read.Normalize));
    }

    [Theory]
    [InlineData("mean", EmbeddingPooling.Mean)]
    [InlineData("cls", EmbeddingPooling.FirstToken)]
    [InlineData("max", EmbeddingPooling.Max)]
    [InlineData("lasttoken", EmbeddingPooling.LastToken)]
    public void A_mode_may_be_named(string mode, EmbeddingPooling pooling) =>
        Assert.Equal(pooling, Read($"\"embedding_dimension\":1024,\"pooling_mode\":\"{mode}\"").Pooling);

    [Theory]
    [InlineData("\"pooling_mode\":\"weightedmean\"", "'weightedmean'")]
    [InlineData("\"include_prompt\":false,\"pooling_mode_mean_tokens\":true", "include_prompt")]
    [InlineData("\"pooling_mode_weightedmean_tokens\":true", "pooling_mode_weightedmean_tokens")]
    [InlineData("\"pooling_mode_mean_tokens\":true,\"pooling_mode_cls_token\":true", "exactly one pooling mode")]
    public void What_a_pooling_cannot_do_is_named(string options, string named) =>
        Assert.Contains(named, Assert.Throws<CheckpointException>(() => Read(options)).Message, StringComparison.Ordinal);

    private static EmbeddingConfiguration Read(string pooling)
    {
        string files = """{"modules.json":[{"type":"sentence_transformers.models.Pooling","path":"1_Pooling"}],"1_Pooling/config.json":{"""
            + pooling + "}}";
        return EmbeddingConfiguration.Parse(Encoding.UTF8.GetBytes(files), "model");
    }
}
