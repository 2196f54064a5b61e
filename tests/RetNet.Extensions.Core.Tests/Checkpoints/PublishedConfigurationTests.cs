using System.Text.Json;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Models.Encoder;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.Core.Tests.Tokenizers;

namespace RetNet.Extensions.Core.Tests.Checkpoints;

/// <summary>Popular models by what their makers' config.json say of their architecture: which are read, and by which option the others are
/// refused. configurations.json holds the options that matter.</summary>
public class PublishedConfigurationTests
{
    private static readonly JsonElement[] All = [.. JsonDocument.Parse(File.ReadAllText(TestFiles.Path(
        "tests", "RetNet.Extensions.Core.Tests", "Checkpoints", "configurations.json"))).RootElement.EnumerateArray()];

    public static TheoryData<string, string> Read => Models("read");

    public static TheoryData<string, string> Refused => Models("refused");

    [Theory]
    [MemberData(nameof(Read))]
    public void Model_is_read(string name, string modelType) => Assert.Equal(modelType, Parse(name));

    [Theory]
    [MemberData(nameof(Refused))]
    public void Model_is_refused_by_name(string name, string option)
    {
        CheckpointException exception = Assert.Throws<CheckpointException>(() => Parse(name));

        Assert.Contains($"option '{option}'", exception.Message, StringComparison.Ordinal);
    }

    private static TheoryData<string, string> Models(string verdict)
    {
        TheoryData<string, string> models = [];
        foreach (JsonElement model in All.Where(model => model.TryGetProperty(verdict, out _)))
            models.Add(model.GetProperty("model").GetString()!, model.GetProperty(verdict).GetString()!);
        return models;
    }

    // The architecture that the model is computed by.
    private static string Parse(string name)
    {
        JsonElement configuration = All.Single(model => model.GetProperty("model").GetString() == name).GetProperty("config");
        if (EncoderConfiguration.Describes(configuration, name))
            return EncoderConfiguration.Parse(configuration, name).ModelType;
        Assert.Same(ModelFamily.Llama, ModelFamily.Of(configuration, name));
        return TransformerConfiguration.Parse(configuration, name).ModelType;
    }
}
