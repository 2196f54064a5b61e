using RetNet.Extensions.Core.Devices;

namespace RetNet.Extensions.Conformance;

/// <summary>The device that the golden cases run on in this project: libtorch on the CPU.</summary>
internal static class TestDevice
{
    public static ComputeDevice Device { get; } = new(DeviceKind.Torch);
}
