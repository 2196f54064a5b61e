using System.Text;
using System.Text.Json;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Core.Tests.Engines;

/// <summary>Properties of every family of models.</summary>
public sealed class ModelFamilyTests
{
    private static readonly ModelShape Shape = new()
    {
        Width = 96,
        Layers = 2,
        Heads = 3,
        VocabularySize = 50,
        BosTokenId = 0,
        EosTokenId = 0,
        PadTokenId = 1,
    };

    public static TheoryData<string> Names => [.. ModelFamily.All.Select(family => family.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_new_model_is_recognised_as_one_of_its_family(string name)
    {
        using TrainableModel model = ModelFamily.Named(name).Create(Shape, seed: 1, threads: 1);
        JsonElement configuration = JsonElement.Parse(Encoding.UTF8.GetBytes(model.ConfigurationJson()));

        Assert.Equal(name, ModelFamily.Of(configuration, "config.json").Name);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Blocks_of_equal_dimensions_have_12_d_squared_parameters_whatever_the_family(string name)
    {
        using TrainableModel model = ModelFamily.Named(name).Create(Shape, seed: 1, threads: 1);
        double blocks = model.ParameterCount - (Shape.VocabularySize * Shape.Width);

        Assert.InRange(blocks / (12.0 * Shape.Width * Shape.Width * Shape.Layers), 0.99, 1.01);
    }

    [Fact]
    public void A_name_of_no_family_is_refused_with_the_names_of_all()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => ModelFamily.Named("mamba"));

        Assert.Contains("'mamba'; expected retnet or llama", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Heads_without_an_even_width_are_refused()
    {
        ModelShape odd = Shape with { Heads = 5 };

        Assert.Contains("a multiple of 10", Assert.Throws<ArgumentException>(() => RetNetConfiguration.Create(odd)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => TransformerConfiguration.Create(odd));
    }

    [Fact]
    public void A_configuration_of_another_family_is_refused_by_name()
    {
        JsonElement llama = JsonElement.Parse("""{"model_type":"llama"}"""), retNet = JsonElement.Parse("""{"model_type":"retnet"}""");

        Assert.Contains("found 'llama'", Assert.Throws<CheckpointException>(() => RetNetConfiguration.Parse(llama, "config.json")).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "found 'retnet'", Assert.Throws<CheckpointException>(() => TransformerConfiguration.Parse(retNet, "config.json")).Message,
            StringComparison.Ordinal);
    }
}
