using System.Text.Json;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Checkpoints.Safetensors;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.Core.Models.Transformer;

namespace RetNet.Extensions.Core.Tests.Checkpoints;

public class CheckpointTests
{
    // Decoders; encoders and single matrices have tests of their own.
    public static TheoryData<string> ModelFolders
        => new(Directory.EnumerateDirectories(RepositoryFiles.Golden).Concat(Directory.EnumerateDirectories(RepositoryFiles.Models))
            .Where(folder => File.Exists(Path.Combine(folder, "model.safetensors")) && IsDecoder(folder))
            .Select(folder => Path.GetRelativePath(RepositoryFiles.Golden, folder)));

    private static bool IsDecoder(string folder) => !Path.GetFileName(folder).StartsWith("encoder-", StringComparison.Ordinal)
        && File.ReadAllText(Path.Combine(folder, "config.json")).Contains("\"vocab_size\"", StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(ModelFolders))]
    public void Golden_and_example_models_open(string folder)
    {
        using Checkpoint checkpoint = Checkpoint.Open(Path.Combine(RepositoryFiles.Golden, folder));

        bool isTransformer = ModelFamily.Of(checkpoint) == ModelFamily.Llama;
        (int vocabularySize, int width) = isTransformer ? TransformerDimensions(checkpoint) : RetNetDimensions(checkpoint);

        TensorReader reader = new(checkpoint, "decoder.");
        string embedding = reader.Contains("embed_tokens.weight")
            ? "embed_tokens.weight"
            : isTransformer ? "model.embed_tokens.weight" : "model.embeddings.weight";
        TensorView matrix = reader.Matrix(embedding, vocabularySize, width);
        float[] values = new float[matrix.ElementCount];
        matrix.CopyTo(values);
        Assert.All(values, value => Assert.InRange(value, -100, 100));
    }

    [Fact]
    public void Golden_expectations_open()
    {
        foreach (string path in Directory.EnumerateFiles(RepositoryFiles.Golden, "expected.safetensors", SearchOption.AllDirectories))
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            Assert.NotEmpty(file.Tensors);
        }
    }

    [Fact]
    public void Shards_are_one_checkpoint()
    {
        using TemporaryFolder folder = new();
        folder.Write("config.json", """{"model_type":"llama"}""");
        folder.Write("one.safetensors", SafetensorsBytes.Floats(("a", [2], 1), ("b", [3], 2)));
        folder.Write("two.safetensors", SafetensorsBytes.Floats(("c", [4], 3)));
        folder.Write("model.safetensors.index.json",
            """{"metadata":{"total_size":36},"weight_map":{"a":"one.safetensors","b":"one.safetensors","c":"two.safetensors"}}""");

        using Checkpoint checkpoint = Checkpoint.Open(folder.Root);

        Assert.Equal(["a", "b", "c"], checkpoint.Tensors.Keys.Order());
        Assert.Equal(folder["model.safetensors.index.json"], checkpoint.WeightsFile);
        Assert.Equal(folder["two.safetensors"], checkpoint.Tensors["c"].File);
        float[] c = new float[4];
        checkpoint.Tensors["c"].CopyTo(c);
        Assert.Equal([3, 3, 3, 3], c);
    }

    [Fact]
    public void One_file_with_its_configuration_beside_it_is_a_checkpoint()
    {
        using TemporaryFolder folder = new();
        folder.Write("config.json", """{"model_type":"llama"}""");
        string file = folder.Write("weights.safetensors", SafetensorsBytes.Floats(("a", [2], 1)));

        using Checkpoint checkpoint = Checkpoint.Open(file);

        Assert.Equal(["a"], checkpoint.Tensors.Keys);
        Assert.Equal(folder["config.json"], checkpoint.ConfigurationFile);
        Assert.Equal("llama", checkpoint.Configuration.GetProperty("model_type").GetString());
    }

    [Fact]
    public void Links_as_in_the_hub_s_cache_are_followed()
    {
        if (OperatingSystem.IsWindows())
            return;
        using TemporaryFolder folder = new();
        folder.Write("blob1", "{}");
        folder.Write("blob2", SafetensorsBytes.Floats(("a", [2], 1)));
        Directory.CreateDirectory(folder["snapshot"]);
        File.CreateSymbolicLink(folder["snapshot/config.json"], "../blob1");
        File.CreateSymbolicLink(folder["snapshot/model.safetensors"], "../blob2");

        using Checkpoint checkpoint = Checkpoint.Open(folder["snapshot"]);

        Assert.Equal(["a"], checkpoint.Tensors.Keys);
    }

    [Fact]
    public void Configuration_outlives_the_checkpoint_and_tensors_do_not()
    {
        using TemporaryFolder folder = new();
        folder.Write("config.json", """{"model_type":"llama"}""");
        folder.Write("model.safetensors", SafetensorsBytes.Floats(("a", [2], 1)));
        Checkpoint checkpoint = Checkpoint.Open(folder.Root);

        checkpoint.Dispose();

        Assert.Equal("llama", checkpoint.Configuration.GetProperty("model_type").GetString());
        Assert.Throws<ObjectDisposedException>(() => checkpoint.Tensors["a"].CopyTo(new float[2]));
    }

    [Theory]
    [InlineData("""{"model_type":"retnet"}""", "retnet", RetNetDialect.Fla)]
    [InlineData("""{"decoder_embed_dim":8}""", "retnet", RetNetDialect.TorchScale)]
    [InlineData("""{"model_type":"qwen3"}""", "llama", null)]
    public void Architecture_is_recognised(string configuration, string family, RetNetDialect? dialect)
    {
        JsonElement json = JsonElement.Parse(configuration);
        Assert.Equal(family, ModelFamily.Of(json, "config.json").Name);
        Assert.Equal(dialect, RetNetConfiguration.DialectOf(new ConfigurationReader(json, "config.json")));
    }

    [Theory]
    [InlineData("{}", "nothing")]
    [InlineData("""{"model_type":null}""", "nothing")]
    [InlineData("""{"model_type":"glm4_moe_lite"}""", "'glm4_moe_lite'")]
    [InlineData("""{"model_type":"deepseek_v3"}""", "'deepseek_v3'")]
    [InlineData("""{"model_type":7}""", "'7'")]
    [InlineData("""{"model_type":"\ud800"}""", "Unicode")]
    [InlineData("[]", "array")]
    public void Other_architecture_is_refused_by_name(string configuration, string message)
    {
        CheckpointException exception = Assert.Throws<CheckpointException>(() => ModelFamily.Of(
            JsonElement.Parse(configuration), "config.json"));
        Assert.StartsWith("config.json", exception.Message, StringComparison.Ordinal);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    private static (int VocabularySize, int Width) TransformerDimensions(Checkpoint checkpoint)
    {
        TransformerConfiguration configuration = TransformerConfiguration.Parse(checkpoint.Configuration, checkpoint.ConfigurationFile);
        return (configuration.VocabularySize, configuration.Width);
    }

    private static (int VocabularySize, int Width) RetNetDimensions(Checkpoint checkpoint)
    {
        RetNetConfiguration configuration = RetNetConfiguration.Parse(checkpoint.Configuration, checkpoint.ConfigurationFile);
        return (configuration.VocabularySize, configuration.Width);
    }
}
