using System.Runtime.InteropServices;

namespace RetNet.Extensions.TorchSharp.Native;

/// <summary>What libtorch does with the operators of a TorchScript on a GPU.</summary>
internal static unsafe class KernelFusion
{
    // torch::jit::overrideCanFuseOnGPU(bool), which TorchSharp does not have: its name on Linux and macOS, and that on Windows.
    private static readonly string[] Names = ["_ZN5torch3jit20overrideCanFuseOnGPUEb", "?overrideCanFuseOnGPU@jit@torch@@YAX_N@Z"];

    /// <summary>
    /// Leaves operators as they are. By default, libtorch makes kernels of several of them from the second call on, compiled for the
    /// shapes of that call: each new number of sequences would stop a server for a second, and as these kernels round otherwise, the same
    /// seed would give the first conversation another text than the second. The scripts here need few launches without that.
    /// </summary>
    /// <remarks>The environment variable PYTORCH_TENSOREXPR switches off one of libtorch's two fusers, and so the other on.</remarks>
    /// <param name="torchCpu">The loaded library torch_cpu.</param>
    /// <returns>False if the library has no such function.</returns>
    public static bool SwitchOff(nint torchCpu)
    {
        foreach (string name in Names)
        {
            if (NativeLibrary.TryGetExport(torchCpu, name, out nint function))
            {
                ((delegate* unmanaged<byte, void>)function)(0);
                return true;
            }
        }

        return false;
    }
}
