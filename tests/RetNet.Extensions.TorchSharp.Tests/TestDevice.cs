using RetNet.Extensions.Core.Devices;

namespace RetNet.Extensions.Conformance;

/// <summary>The device that the golden cases run on in this project: libtorch on the CPU.</summary>
internal static class TestDevice
{
    // More of libtorch's threads wait for each other without a pause: on small models, beside other programs, that takes ten times as long.
    public const int Threads = 1;

    public static ComputeDevice Device { get; } = new(DeviceKind.Torch);
}
