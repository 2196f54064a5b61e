using RetNet.Extensions.TorchSharp.Native;

namespace RetNet.Extensions.TorchSharp.Tests.Native;

/// <summary>Messages about a library that cannot be loaded, for the messages of the loaders of three systems.</summary>
public sealed class LoaderErrorTests : IDisposable
{
    private const string Versions = "Found libtorch 2.6.0 in /opt/libtorch/lib. Expected 2.10.0.";

    private const string Windows =
        "Unable to load DLL 'torch_cpu' or one of its dependencies: The specified module could not be found. (0x8007007E)";

    private readonly string _folder = Directory.CreateTempSubdirectory("retnet-torch-").FullName;

    public LoaderErrorTests() => File.WriteAllText(Library, "");

    // An existing file with the requested name.
    private string Library => Path.Combine(_folder, "libtorch_cpu.so");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Xunit.Fact]
    public void A_library_that_is_nowhere_is_not_found_and_the_packages_are_named()
    {
        const string Apple = "dlopen(/app/libtorch_cpu.dylib, 0x0001): tried: '/app/libtorch_cpu.dylib' (no such file)";
        foreach (string message in (string[])[Unix(), Unix(Apple), Windows])
        {
            string error = LoaderError.Explain("torch_cpu", file: null, message, Versions);
            Assert.Contains("torch_cpu", error, StringComparison.Ordinal);
            Assert.Contains("cannot be loaded (not found)", error, StringComparison.Ordinal);
            Assert.Contains("TorchSharp-cuda-linux", error, StringComparison.Ordinal);
            Assert.Contains("RETNET_LIBTORCH", error, StringComparison.Ordinal);
        }
    }

    [Xunit.Theory]
    [InlineData("libgomp-98b21ff3.so.1: cannot open shared object file: No such file or directory", "libgomp-98b21ff3.so.1")]
    [InlineData("libcudart.so.12: cannot open shared object file: No such file or directory", "libcudart.so.12")]
    [InlineData("dlopen(FILE, 0x0001): Library not loaded: @rpath/libomp.dylib\n  Reason: tried: '/x/libomp.dylib'", "@rpath/libomp.dylib")]
    public void A_library_that_another_one_needs_is_named_when_it_is_missing(string lines, string library)
    {
        string error = LoaderError.Explain("torch_cpu", Library, Unix(lines), Versions);
        Assert.Contains($"it needs {library}, which is missing", error, StringComparison.Ordinal);
        Assert.DoesNotContain("TorchSharp-cpu", error, StringComparison.Ordinal);
    }

    [Xunit.Fact]
    public void Windows_tells_that_something_is_missing_for_a_library_that_is_there() => Assert.Contains(
        "The specified module could not be found", LoaderError.Explain("torch_cpu", Library, Windows, Versions), StringComparison.Ordinal);

    [Xunit.Theory]
    [InlineData("FILE: undefined symbol: _ZN5torch3jit")]
    [InlineData("dlopen(FILE, 0x0001): Symbol not found: __ZN5torch3jit")]
    public void A_symbol_that_is_missing_names_the_versions_found_and_expected(string line)
    {
        string error = LoaderError.Explain("torch_cpu", Library, Unix(line), Versions);
        Assert.Contains("_ZN5torch3jit", error, StringComparison.Ordinal);
        Assert.EndsWith(Versions, error, StringComparison.Ordinal);
    }

    [Xunit.Fact]
    public void Too_old_a_system_library_names_the_versions_found_and_expected_and_the_remedy()
    {
        string system = Path.Combine(_folder, "libstdc++.so.6");
        File.WriteAllBytes(system, new ElfImage { Definitions = ["GLIBCXX_3.4.9", "GLIBCXX_3.4.30", "CXXABI_1.3.13"] }.ToArray());
        string line = $"{system}: version `GLIBCXX_3.4.32' not found (required by {Library})";
        string error = LoaderError.Explain("torch_cpu", Library, Unix(line), Versions);
        Assert.Contains($"it needs GLIBCXX_3.4.32, and {system} ends at GLIBCXX_3.4.30.", error, StringComparison.Ordinal);
        Assert.Contains("'retnet torch prepare FOLDER'", error, StringComparison.Ordinal);
        Assert.DoesNotContain("TorchSharp-cpu", error, StringComparison.Ordinal);
    }

    [Xunit.Fact]
    public void Another_reason_is_passed_on()
    {
        string error = LoaderError.Explain("torch_cpu", Library, Unix("FILE: file too short"), Versions);
        Assert.Contains($"({Library}: file too short)", error, StringComparison.Ordinal);
    }

    [Xunit.Fact]
    public void The_package_of_TorchSharp_s_own_library_is_named() => Assert.Contains(
        "of the package TorchSharp cannot be loaded",
        LoaderError.Explain("LibTorchSharp", Library, Unix("FILE: file too short"), Versions),
        StringComparison.Ordinal);

    /// <summary>The runtime's message: an introduction, and what the loader says about each place. FILE is a file that is there.</summary>
    private string Unix(string? lines = null) =>
        "Unable to load shared library 'torch_cpu' or one of its dependencies. In order to help diagnose loading problems, consider …: \n"
        + "/app/runtimes/linux-x64/native/torch_cpu.so: cannot open shared object file: No such file or directory\n"
        + (lines is null ? "" : lines.Replace("FILE", Library, StringComparison.Ordinal) + "\n")
        + "/app/libtorch_cpu: cannot open shared object file: No such file or directory\n\n";
}
