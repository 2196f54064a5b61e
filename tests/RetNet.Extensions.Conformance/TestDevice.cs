using RetNet.Extensions.Core.Devices;

namespace RetNet.Extensions.Conformance;

/// <summary>The device that the golden cases run on in this project; the tests of another engine compile the same cases with
/// theirs.</summary>
internal static class TestDevice
{
    public const int Threads = 2;

    public static ComputeDevice Device => ComputeDevice.Cpu;
}
