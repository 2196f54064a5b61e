using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Engines;

namespace RetNet.Extensions.TorchSharp.Tests;

/// <summary>A fact that needs libtorch, and is skipped, with the reason, where it is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TorchFactAttribute : Xunit.FactAttribute
{
    public TorchFactAttribute() => Skip = ModelEngines.Missing(new ComputeDevice(DeviceKind.Torch));
}
