using System.Runtime.InteropServices;

namespace RetNet.Extensions.TorchSharp.Native;

/// <summary>How libtorch's threads wait for work, on Linux those of libgomp.</summary>
internal static partial class OpenMp
{
    private const string SpinCount = "GOMP_SPINCOUNT";

    /// <summary>
    /// Lets waiting threads sleep, unless the environment says how they wait. By default they spin in a loop, which takes the processor
    /// from threads with work: beside other programs, decoding takes ten times as long. libgomp reads the setting when it is loaded.
    /// </summary>
    public static void LetThreadsSleep()
    {
        if (OperatingSystem.IsLinux() && !IsSet(SpinCount) && !IsSet("OMP_WAIT_POLICY"))
            SetVariable(SpinCount, "0", overwrite: 0);
    }

    private static bool IsSet(string name) => Environment.GetEnvironmentVariable(name) is not null;

    // Environment.SetEnvironmentVariable changes the runtime's copy of the environment, which native code does not see.
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
