using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.TorchSharp.Native;

namespace RetNet.Extensions.TorchSharp.Tests.Native;

/// <summary>What is said about devices, those that are there and those that are not.</summary>
public sealed class DeviceTests
{
    [Fact]
    public void Libtorch_on_the_CPU_is_a_device()
    {
        Assert.Contains(ModelEngines.Devices, info => info.Device == Models.Torch && info.TotalBytes > 0);
        Assert.Null(ModelEngines.Missing(Models.Torch));
    }

    [Fact]
    public void A_GPU_beyond_the_last_is_missing_and_the_devices_that_are_there_are_named()
    {
        string missing = Assert.IsType<string>(ModelEngines.Missing(new ComputeDevice(DeviceKind.Cuda, 64)));
        Assert.Contains("cuda:64", missing, StringComparison.Ordinal);
        Assert.Contains("torch", missing, StringComparison.Ordinal);
    }

    [Fact]
    public void An_allocation_that_fails_is_known_as_such_and_the_error_says_what_would_fit()
    {
        ExternalException failure = Assert.Throws<ExternalException>(() => torch.empty(1L << 46, dtype: torch.float32));
        Assert.True(TorchErrors.IsOutOfMemory(failure));
        using LanguageModel model = Models.OnTorch(Models.Embedded("retnet-tinystories"));
        DeviceMemoryException error = TorchErrors.OutOfMemory(Models.Torch, 8L << 20, 3L << 20, model.Info, failure);
        Assert.Equal(Models.Torch, error.Device);
        Assert.Contains("weights take 8 MiB", error.Message, StringComparison.Ordinal);
        Assert.Contains("state 3.0 MiB", error.Message, StringComparison.Ordinal);
        Assert.Contains("sequences", error.Message, StringComparison.Ordinal);
    }
}
