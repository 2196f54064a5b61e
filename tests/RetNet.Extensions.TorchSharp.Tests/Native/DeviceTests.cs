using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.TorchSharp.Models.Decoder;
using RetNet.Extensions.TorchSharp.Native;

namespace RetNet.Extensions.TorchSharp.Tests.Native;

/// <summary>Messages about available and missing devices.</summary>
public sealed class DeviceTests
{
    [Fact]
    public void Libtorch_on_the_CPU_is_a_device()
    {
        Assert.Contains(ModelEngines.Devices, info => info.Device == Models.Torch && info.TotalBytes > 0);
        Assert.Null(ModelEngines.Missing(Models.Torch));
        Assert.Null(ModelEngines.Require(Models.Torch).FreeBytes(Models.Torch));
    }

    [Fact]
    public void A_GPU_beyond_the_last_is_missing_and_the_devices_that_are_there_are_named()
    {
        string missing = Assert.IsType<string>(ModelEngines.Missing(new ComputeDevice(DeviceKind.Cuda, 64)));
        Assert.Contains("cuda:64", missing, StringComparison.Ordinal);
        Assert.Contains("torch", missing, StringComparison.Ordinal);
    }

    [Fact]
    public void Why_there_is_no_GPU_is_said()
    {
        ComputeDevice gpu = new(DeviceKind.Cuda);
        if (ModelEngines.Missing(gpu) is not { } missing)
            return;
        Assert.StartsWith("Device cuda:0 does not exist: ", missing, StringComparison.Ordinal);
        Assert.Matches("was built without CUDA|cannot be loaded|finds no GPU; NVIDIA's driver", missing);
        Assert.EndsWith($" Expected one of {string.Join(", ", ModelEngines.Devices.Select(info => info.Device))}.", missing,
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_that_is_none_of_memory_names_the_device_and_the_first_line()
    {
        ExternalException cause = new("CUDA error: no kernel image is available for execution on the device\nCUDA kernel errors might be");

        DeviceException error = TorchErrors.Explain(Models.Torch, cause, _ => throw new NotSupportedException());

        Assert.Equal("libtorch failed on torch: CUDA error: no kernel image is available for execution on the device", error.Message);
        Assert.Equal((Models.Torch, cause), (error.Device, error.InnerException));
    }

    [Fact]
    public void Libtorch_has_the_switch_of_its_fusers()
    {
        string file = NativeFiles.Loaded(NativeFiles.FileName(NativeTorch.CpuLibrary))!;
        Assert.True(KernelFusion.SwitchOff(NativeLibrary.Load(file)));
    }

    [Fact]
    public void A_source_is_compiled_once_for_a_device()
    {
        const string Source = "def once(x):\n    return x + 1\n";
        torch.Device cpu = new(DeviceType.CPU);
        Assert.Same(CompiledScripts.Get(Source, cpu), CompiledScripts.Get(Source, cpu));
        Assert.NotSame(CompiledScripts.Get(Source, cpu), CompiledScripts.Get(Source.Replace('1', '2'), cpu));
    }

    [Xunit.Theory]
    [InlineData("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.55 GiB")]
    [InlineData("MPS backend out of memory (MPS allocated: 17.1 GB, other allocations: 1.2 GB, max allowed: 18.1 GB)")]
    [InlineData("[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 4096 "
        + "bytes.")]
    [InlineData("[enforce fail at alloc_cpu.cpp:121] data. DefaultCPUAllocator: not enough memory: you tried to allocate 4096 bytes.")]
    [InlineData("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")]
    public void Each_allocator_s_word_for_too_little_memory_is_known(string message) =>
        Assert.True(TorchErrors.IsOutOfMemory(new ExternalException(message)));

    [Xunit.Fact]
    public void Another_error_is_none_of_memory() =>
        Assert.False(TorchErrors.IsOutOfMemory(new ExternalException("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling "
            + "`cublasSgemm(handle)`")));

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
