using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.TorchSharp.Tests.Generation;

/// <summary>Texts of the embedded RetNet on libtorch.</summary>
public sealed class TextTests
{
    private static readonly ModelLoadOptions OnTorch = new()
    {
        Threads = 1,
        Device = Models.Torch,
        WeightFormat = Core.Formats.WeightFormat.Float32
    };
    private static readonly ModelLoadOptions OnCpu = new() { WeightFormat = Core.Formats.WeightFormat.Float32 };

    [Theory]
    [InlineData(0)]
    [InlineData(0.8f)]
    public void A_batch_of_texts_is_that_of_the_managed_engine(float temperature)
    {
        GenerationOptions options = new()
        {
            MaxTokens = 30,
            Sampling = new SamplingOptions { Temperature = temperature, TopP = 0.9f, Seed = 4 }
        };
        Assert.Equal(Texts(OnCpu, options), Texts(OnTorch, options));
    }

    [Fact]
    public async Task The_scheduler_generates_on_the_device()
    {
        GenerationOptions options = new() { MaxTokens = 20, Sampling = SamplingOptions.Greedy };
        using TextModel cpu = TextModel.Load(Models.Embedded("retnet-tinystories"), OnCpu), torch = TextModel.Load(
            Models.Embedded("retnet-tinystories"), OnTorch);
        IReadOnlyList<GenerationResult> results = await torch.Scheduler.GenerateAsync([.. Requests(torch, options)]);
        Assert.Equal(cpu.CreateGenerator().Generate([.. Requests(cpu, options)]).Select(result => result.Text),
            results.Select(result => result.Text));
    }

    [Fact]
    public void The_models_facts_name_the_device()
    {
        using LanguageModel cpu =
            Models.OnCpu(Models.Embedded("retnet-tinystories")), torch = Models.OnTorch(Models.Embedded("retnet-tinystories"));
        Assert.Equal(Models.Torch, torch.Info.Device);
        Assert.Equal(cpu.Info with { Device = Models.Torch, Threads = 0, EndOfSequenceIds = [] },
            torch.Info with { Threads = 0, EndOfSequenceIds = [] });
        Assert.Equal(cpu.StateBytes(null, 1000), torch.StateBytes(null, 1000));
    }

    [Fact]
    public void A_format_that_libtorch_has_not_is_refused_by_name()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => Models.OnTorch(Models.Golden("retnet-fla-untied"),
            Core.Formats.WeightFormat.Int8));
        Assert.Contains("Int8", error.Message, StringComparison.Ordinal);
        Assert.Contains("BFloat16", error.Message, StringComparison.Ordinal);
    }

    private static string[] Texts(ModelLoadOptions load, GenerationOptions options)
    {
        using TextModel model = TextModel.Load(Models.Embedded("retnet-tinystories"), load);
        return [.. model.CreateGenerator().Generate([.. Requests(model, options)]).Select(result => result.Text)];
    }

    private static IEnumerable<GenerationRequest> Requests(TextModel model, GenerationOptions options) =>
        ((string[])["Once upon a time", "Tom and Lily", "The little dog was very"])
            .Select(text => new GenerationRequest(model.Tokenizer.Encode(text), options));
}
