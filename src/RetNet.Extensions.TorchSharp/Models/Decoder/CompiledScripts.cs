using System.Collections.Concurrent;

namespace RetNet.Extensions.TorchSharp.Models.Decoder;

/// <summary>TorchScripts, each compiled once for a process, because TorchSharp never releases what it compiled: models of the same shape
/// share one, those that are loaded again too.</summary>
internal static class CompiledScripts
{
    private static readonly ConcurrentDictionary<(string, DeviceType, int), torch.jit.CompilationUnit> Units = [];

    /// <summary>The functions of a source, for a device: libtorch notes the devices of what they are called with.</summary>
    public static torch.jit.CompilationUnit Get(string source, torch.Device device) =>
        Units.GetOrAdd((source, device.type, device.index), static key => torch.jit.compile(key.Item1));
}
