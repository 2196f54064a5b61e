using FsCheck.Xunit;
using RetNet.Extensions.Core.Devices;

namespace RetNet.Extensions.Core.Tests.Devices;

public sealed class ComputeDeviceTests
{
    [Theory]
    [InlineData("cpu", DeviceKind.Cpu, 0)]
    [InlineData("CUDA", DeviceKind.Cuda, 0)]
    [InlineData("cuda:0", DeviceKind.Cuda, 0)]
    [InlineData("cuda:17", DeviceKind.Cuda, 17)]
    [InlineData("Mps", DeviceKind.Mps, 0)]
    [InlineData("torch", DeviceKind.Torch, 0)]
    public void A_name_is_read_whatever_its_case(string name, DeviceKind kind, int index)
    {
        Assert.True(ComputeDevice.TryParse(name, out ComputeDevice device));
        Assert.Equal(new ComputeDevice(kind, index), device);
        Assert.True(ComputeDevice.TryParse(device.ToString(), out ComputeDevice again));
        Assert.Equal(device, again);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("gpu")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("cuda: 1")]
    [InlineData("cuda:1:2")]
    [InlineData("cuda:99999999999")]
    [InlineData("cpu:0")]
    [InlineData("mps:1")]
    [InlineData("auto")]
    public void What_names_no_device_is_not_read(string? name) => Assert.False(ComputeDevice.TryParse(name, out _));

    [Property]
    public void Any_text_is_read_or_refused(string? text)
    {
        if (ComputeDevice.TryParse(text, out ComputeDevice device))
            Assert.True(ComputeDevice.TryParse(device.ToString(), out _));
    }
}
