using RetNet.Extensions.Core.Devices;

namespace RetNet.Extensions.TorchSharp.Native;

/// <summary>The devices that libtorch sees.</summary>
internal static class TorchDevices
{
    /// <summary>What is there, best first: GPUs, then libtorch on the CPU.</summary>
    public static IReadOnlyList<DeviceInfo> All()
    {
        List<DeviceInfo> devices = [];
        if (NativeTorch.HasCuda)
        {
            for (int index = 0; index < torch.cuda.device_count(); index++)
                devices.Add(CudaDriver.Describe(index));
        }

        if (torch.mps_is_available())
            devices.Add(new DeviceInfo(new ComputeDevice(DeviceKind.Mps), "Apple GPU, libtorch", GC.GetGCMemoryInfo().TotalAvailableMemoryBytes));
        devices.Add(new DeviceInfo(new ComputeDevice(DeviceKind.Torch), $"{torch.get_num_threads()} threads, libtorch {torch.__version__}", GC.GetGCMemoryInfo().TotalAvailableMemoryBytes));
        return devices;
    }

    /// <summary>A device with its memory at present; null when it is not there.</summary>
    public static DeviceInfo? Find(ComputeDevice device) => All().FirstOrDefault(info => info.Device == device);

    /// <summary>libtorch's name of a device.</summary>
    public static torch.Device Native(ComputeDevice device) => device.Kind switch
    {
        DeviceKind.Cuda => new torch.Device(DeviceType.CUDA, device.Index),
        DeviceKind.Mps => new torch.Device(DeviceType.MPS),
        _ => new torch.Device(DeviceType.CPU),
    };

    /// <summary>What weights of a quantised file are widened to: half the memory on a GPU, no rounding on the CPU.</summary>
    public static torch.ScalarType WideType(torch.Device device) => device.type switch
    {
        DeviceType.CUDA => torch.bfloat16,
        DeviceType.MPS => torch.float16,
        _ => torch.float32,
    };

    /// <summary>The most precise type of floating-point numbers: MPS has no double precision.</summary>
    public static torch.ScalarType PreciseType(torch.Device device) => device.type == DeviceType.MPS ? torch.float32 : torch.float64;
}
