using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Tests.Checkpoints;

namespace RetNet.Extensions.Core.Tests.Devices;

/// <summary>Devices in a program that brings no engine but the managed one.</summary>
public sealed class ModelEnginesTests
{
    private static readonly string Folder = Path.Combine(RepositoryFiles.Models, "retnet-tinystories");

    [Theory]
    [InlineData(null, null, "cpu")]
    [InlineData("auto", null, "cpu")]
    [InlineData("Auto", 2, "cuda:2")]
    [InlineData(null, 0, "cuda:0")]
    [InlineData("cuda", 3, "cuda:3")]
    [InlineData("cuda:3", 3, "cuda:3")]
    [InlineData("mps", 0, "mps")]
    [InlineData("cpu", null, "cpu")]
    public void Name_and_index_choose_a_device(string? name, int? gpu, string expected) =>
        Assert.Equal(expected, ModelEngines.Choose(name, gpu).ToString());

    [Theory]
    [InlineData("cpu", 0)]
    [InlineData("torch", 0)]
    [InlineData("mps", 1)]
    [InlineData("cuda:1", 2)]
    [InlineData("cuda", -1)]
    [InlineData("auto", -1)]
    public void A_contradiction_of_name_and_index_is_refused(string name, int gpu)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => ModelEngines.Choose(name, gpu));
        Assert.Contains("GpuDeviceId", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_name_is_refused_with_those_that_are_known()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => ModelEngines.Choose("rocm", null));
        Assert.Contains("'rocm'", error.Message, StringComparison.Ordinal);
        Assert.Contains("cuda:N", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_package_a_GPU_is_missing_and_the_package_is_named()
    {
        Assert.Null(ModelEngines.Missing(ComputeDevice.Cpu));
        Assert.Null(ModelEngines.Installed);
        Assert.Equal([ComputeDevice.Cpu], ModelEngines.Devices.Select(info => info.Device));
        ComputeDevice gpu = new(DeviceKind.Cuda, 1);
        DeviceException error = Assert.Throws<DeviceException>(() => ModelEngines.Require(gpu));
        Assert.Equal(gpu, error.Device);
        Assert.Contains("cuda:1", error.Message, StringComparison.Ordinal);
        Assert.Contains("RetNet.Extensions.TorchSharp", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_for_a_device_that_is_missing_is_not_loaded()
    {
        Assert.Throws<DeviceException>(() => LanguageModel.Load(
            Folder, new ModelLoadOptions { Device = new ComputeDevice(DeviceKind.Cuda) }));
    }

    [Fact]
    public void A_format_of_GPUs_is_refused_on_the_CPU()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => LanguageModel.Load(Folder,
            new ModelLoadOptions { WeightFormat = WeightFormat.Float16 }));
        Assert.Contains("Float16", error.Message, StringComparison.Ordinal);
    }
}
