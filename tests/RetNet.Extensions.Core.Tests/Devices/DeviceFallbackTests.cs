using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Tests.Devices;

public class DeviceFallbackTests
{
    private static readonly ComputeDevice Gpu = new(DeviceKind.Cuda);

    [Fact]
    public void The_device_that_is_asked_for_is_used_if_it_can_be()
    {
        ComputeDevice used = DeviceFallback.Use(Gpu, fallbackToCpu: true, device => device, _ => Assert.Fail("It was replaced."));

        Assert.Equal(Gpu, used);
    }

    [Fact]
    public void The_CPU_replaces_a_full_GPU_and_the_reason_is_told()
    {
        List<string> reasons = [];

        ComputeDevice used = DeviceFallback.Use(Gpu, fallbackToCpu: true, Full, reasons.Add);

        Assert.Equal(ComputeDevice.Cpu, used);
        Assert.Equal(["cuda:0 is full."], reasons);
    }

    [Fact]
    public void Nothing_replaces_a_GPU_unless_it_may() =>
        Assert.Throws<DeviceMemoryException>(
            () => DeviceFallback.Use(Gpu, fallbackToCpu: false, Full, _ => Assert.Fail("It was replaced.")));

    [Fact]
    public void Nothing_replaces_the_CPU() =>
        Assert.Throws<DeviceException>(() => DeviceFallback.Use<int>(ComputeDevice.Cpu, fallbackToCpu: true,
            device => throw new DeviceException(device, "No memory."), _ => Assert.Fail("It was replaced.")));

    [Theory]
    [InlineData(WeightFormat.Float16, DeviceKind.Cpu, WeightFormat.BFloat16)]
    [InlineData(WeightFormat.Int4, DeviceKind.Cpu, WeightFormat.Int4)]
    [InlineData(WeightFormat.Float16, DeviceKind.Mps, WeightFormat.Float16)]
    [InlineData(WeightFormat.Int8, DeviceKind.Torch, WeightFormat.Auto)]
    [InlineData(WeightFormat.Float32, DeviceKind.Cuda, WeightFormat.Float32)]
    public void A_device_replaces_a_weight_format_that_it_does_not_have(WeightFormat asked, DeviceKind kind, WeightFormat expected) =>
        Assert.Equal(expected, DeviceFallback.FormatOn(asked, new ComputeDevice(kind)));

    private static ComputeDevice Full(ComputeDevice device) =>
        device == ComputeDevice.Cpu ? device : throw new DeviceMemoryException(device, $"{device} is full.");
}
