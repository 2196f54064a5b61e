using System.Reflection;
using System.Runtime.InteropServices;

namespace RetNet.Extensions.TorchSharp.Native;

/// <summary>Which libtorch TorchSharp was built for, and which one is loaded. Neither question touches the class torch.</summary>
internal static unsafe class LibtorchVersion
{
    /// <summary>The version that TorchSharp was built for; null where TorchSharp does not have it as a constant.</summary>
    public static Version? Expected { get; } = Version.TryParse(Constant("libtorchPackageVersion"), out Version? version) ? version : null;

    /// <summary>The version of TorchSharp.</summary>
    public static string TorchSharp { get; } =
        typeof(torch).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    /// <summary>The version of a libtorch; null if it does not say, as libraries before the stable C interface.</summary>
    /// <param name="torchCpu">The loaded library torch_cpu.</param>
    public static Version? Found(nint torchCpu) => NativeLibrary.TryGetExport(torchCpu, "aoti_torch_abi_version", out nint function)
        ? Decode(((delegate* unmanaged<ulong>)function)())
        : null;

    /// <summary>Whether TorchSharp may call a libtorch: its interface in C++ changes with every minor version.</summary>
    public static bool Fits(Version? found) =>
        found is null || Expected is null || (found.Major, found.Minor) == (Expected.Major, Expected.Minor);

    /// <summary>What was found and what was expected, in a sentence.</summary>
    public static string Compare(Version? found, string? file) =>
        $"Found libtorch {found?.ToString() ?? "of an older version, which it does not tell,"} "
        + $"in {Path.GetDirectoryName(file) ?? "the folders of the system"}. "
        + $"Expected {Expected?.ToString(fieldCount: 3)}, which TorchSharp {TorchSharp} was built for.";

    // Reading a constant does not initialise the class.
    private static string? Constant(string name) =>
        typeof(torch).GetField(name, BindingFlags.NonPublic | BindingFlags.Static)?.GetRawConstantValue() as string;

    // One byte each for major, minor and patch, from the top.
    private static Version Decode(ulong version) => new((int)(version >> 56), (int)(version >> 48) & 0xff, (int)(version >> 40) & 0xff);
}
