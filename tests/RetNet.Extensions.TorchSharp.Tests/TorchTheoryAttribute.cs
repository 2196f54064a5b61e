using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Engines;

namespace RetNet.Extensions.TorchSharp.Tests;

/// <summary>A theory that needs libtorch, and is skipped, with the reason, where it is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TorchTheoryAttribute : Xunit.TheoryAttribute
{
    public TorchTheoryAttribute() => Skip = ModelEngines.Missing(new ComputeDevice(DeviceKind.Torch));
}
