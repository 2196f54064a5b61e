using RetNet.Extensions.Core.Devices;

namespace RetNet.Extensions.TorchSharp.Native;

/// <summary>The devices that libtorch sees.</summary>
internal static class TorchDevices
{
    /// <summary>The available devices, best first: GPUs, then libtorch on the CPU.</summary>
    public static IReadOnlyList<DeviceInfo> All()
    {
        List<ComputeDevice> devices = [];
        if (NativeTorch.CudaMissing is null)
            devices.AddRange(Enumerable.Range(0, torch.cuda.device_count()).Select(index => new ComputeDevice(DeviceKind.Cuda, index)));
        if (torch.mps_is_available())
            devices.Add(new ComputeDevice(DeviceKind.Mps));
        devices.Add(new ComputeDevice(DeviceKind.Torch));
        return [.. devices.Select(Describe)];
    }

    /// <summary>The description of an available device.</summary>
    public static DeviceInfo Describe(ComputeDevice device) => device.Kind switch
    {
        DeviceKind.Cuda => CudaDriver.Describe(device.Index),
        DeviceKind.Mps => new DeviceInfo(device, "Apple GPU, libtorch", GC.GetGCMemoryInfo().TotalAvailableMemoryBytes),
        _ => new DeviceInfo(device, $"{torch.get_num_threads()} threads, libtorch {torch.__version__}",
            GC.GetGCMemoryInfo().TotalAvailableMemoryBytes),
    };

    /// <summary>How much of a device's memory is free; null where that is not known.</summary>
    public static long? FreeBytes(ComputeDevice device) => device.Kind == DeviceKind.Cuda ? CudaDriver.FreeBytes(device.Index) : null;

    /// <summary>libtorch's name of a device.</summary>
    public static torch.Device Native(ComputeDevice device) => device.Kind switch
    {
        DeviceKind.Cuda => new torch.Device(DeviceType.CUDA, device.Index),
        DeviceKind.Mps => new torch.Device(DeviceType.MPS),
        _ => new torch.Device(DeviceType.CPU),
    };

    /// <summary>The type that quantised weights are widened to: half the memory on a GPU, no rounding on the CPU.</summary>
    public static torch.ScalarType WideType(torch.Device device) => device.type switch
    {
        DeviceType.CUDA => torch.bfloat16,
        DeviceType.MPS => torch.float16,
        _ => torch.float32,
    };

    /// <summary>The most precise type of floating-point numbers: MPS has no double precision.</summary>
    public static torch.ScalarType PreciseType(torch.Device device) => device.type == DeviceType.MPS ? torch.float32 : torch.float64;
}
