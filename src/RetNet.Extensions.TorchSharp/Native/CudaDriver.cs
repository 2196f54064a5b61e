using System.Runtime.InteropServices;
using System.Text;
using RetNet.Extensions.Core.Devices;

namespace RetNet.Extensions.TorchSharp.Native;

/// <summary>Names and memory of NVIDIA GPUs from CUDA's driver library, because TorchSharp does not expose them.</summary>
internal static unsafe partial class CudaDriver
{
    private const string Library = "cuda-driver";
    private const int NameLength = 256;

    static CudaDriver() => NativeLibrary.SetDllImportResolver(
        typeof(CudaDriver).Assembly,
        (name, assembly, path) => name == Library
            ? NativeLibrary.Load(OperatingSystem.IsWindows() ? "nvcuda" : "libcuda.so.1", assembly, path)
            : 0);

    /// <summary>A description of a GPU; its index alone if the driver does not answer. No context is created, which would take memory of
    /// the GPU.</summary>
    public static DeviceInfo Describe(int index)
    {
        ComputeDevice device = new(DeviceKind.Cuda, index);
        try
        {
            byte* name = stackalloc byte[NameLength];
            if (Initialise(0) != 0 || GetDevice(out int handle, index) != 0 || GetName(name, NameLength, handle) != 0)
                return new DeviceInfo(device, "NVIDIA GPU, libtorch");
            string text = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name));
            return new DeviceInfo(device, $"{text}, libtorch {torch.__version__}",
                GetTotalMemory(out nuint total, handle) == 0 ? (long)total : null);
        }
        catch (Exception exception) when (IsMissing(exception))
        {
            return new DeviceInfo(device, "NVIDIA GPU, libtorch");
        }
    }

    /// <summary>What the driver says where no GPU can be used, in a clause.</summary>
    public static string Answer()
    {
        try
        {
            int error = Initialise(0);
            return GetVersion(out int version) == 0
                ? $"NVIDIA's driver supports CUDA {version / 1000}.{version % 1000 / 10} and answers with error {error}"
                : $"NVIDIA's driver answers with error {error}";
        }
        catch (Exception exception) when (IsMissing(exception))
        {
            return "NVIDIA's driver is not installed";
        }
    }

    /// <summary>How many bytes of a GPU's memory are free; null if the driver does not answer.</summary>
    /// <remarks>The driver answers for the current context: the GPU's primary one, which libtorch uses too.</remarks>
    public static long? FreeBytes(int index)
    {
        try
        {
            if (Initialise(0) != 0 || GetDevice(out int handle, index) != 0 || RetainContext(out nint context, handle) != 0)
                return null;
            try
            {
                if (PushContext(context) != 0)
                    return null;
                int error = GetMemory(out nuint free, out _);
                PopContext(out _);
                return error == 0 ? (long)free : null;
            }
            finally
            {
                ReleaseContext(handle);
            }
        }
        catch (Exception exception) when (IsMissing(exception))
        {
            return null;
        }
    }

    private static bool IsMissing(Exception exception) =>
        exception is DllNotFoundException or EntryPointNotFoundException or TypeInitializationException;

    [LibraryImport(Library, EntryPoint = "cuInit")]
    private static partial int Initialise(uint flags);

    [LibraryImport(Library, EntryPoint = "cuDriverGetVersion")]
    private static partial int GetVersion(out int version);

    [LibraryImport(Library, EntryPoint = "cuDeviceGet")]
    private static partial int GetDevice(out int device, int ordinal);

    [LibraryImport(Library, EntryPoint = "cuDeviceGetName")]
    private static partial int GetName(byte* name, int length, int device);

    [LibraryImport(Library, EntryPoint = "cuDeviceTotalMem_v2")]
    private static partial int GetTotalMemory(out nuint bytes, int device);

    [LibraryImport(Library, EntryPoint = "cuDevicePrimaryCtxRetain")]
    private static partial int RetainContext(out nint context, int device);

    [LibraryImport(Library, EntryPoint = "cuDevicePrimaryCtxRelease_v2")]
    private static partial int ReleaseContext(int device);

    [LibraryImport(Library, EntryPoint = "cuCtxPushCurrent_v2")]
    private static partial int PushContext(nint context);

    [LibraryImport(Library, EntryPoint = "cuCtxPopCurrent_v2")]
    private static partial int PopContext(out nint context);

    [LibraryImport(Library, EntryPoint = "cuMemGetInfo_v2")]
    private static partial int GetMemory(out nuint free, out nuint total);
}
