using RetNet.Extensions.TorchSharp.Native;

namespace RetNet.Extensions.TorchSharp.Tests.Native;

/// <summary>How libtorch is loaded, and the messages if it cannot be. Each case is a process of its own, because a process loads it
/// once.</summary>
public sealed class NativeTorchTests : IDisposable
{
    private static readonly string Cpu = NativeFiles.FileName("torch_cpu");

    private readonly ChildProcess _child = new();

    public void Dispose() => _child.Dispose();

    [Fact]
    public async Task A_prepared_folder_is_loaded() => Assert.Null((await _child.Run(TestLibtorch.Folder)).Missing);

    [Fact]
    public async Task A_second_libtorch_beside_the_application_s_own_is_refused_before_it_is_loaded()
    {
        string own = Path.Combine(_child.OwnLibraries, Cpu);
        File.WriteAllText(own, "another one");
        string missing = Assert.IsType<string>((await _child.Run(TestLibtorch.Folder)).Missing);
        Assert.Contains($"RETNET_LIBTORCH is '{TestLibtorch.Folder}'", missing, StringComparison.Ordinal);
        Assert.Contains($"a libtorch of its own, '{own}'", missing, StringComparison.Ordinal);
        Assert.Contains($"retnet torch prepare FOLDER --libtorch {_child.OwnLibraries}", missing, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Links_to_the_application_s_own_libtorch_are_no_second_one()
    {
        // Where links are not allowed the folder has copies.
        if (OperatingSystem.IsWindows())
            return;
        string wrapper = NativeFiles.FileName("LibTorchSharp");
        foreach (string library in Directory.GetFiles(TestLibtorch.Folder).Where(file => Path.GetFileName(file) != wrapper))
            File.CreateSymbolicLink(Path.Combine(_child.OwnLibraries, Path.GetFileName(library)), library);
        Assert.Null((await _child.Run(TestLibtorch.Folder)).Missing);
    }

    [Xunit.Fact]
    public async Task Without_any_libtorch_the_packages_are_named()
    {
        string missing = Assert.IsType<string>((await _child.Run(libtorch: null)).Missing);
        Assert.Contains("(not found)", missing, StringComparison.Ordinal);
        Assert.Contains("TorchSharp-cpu", missing, StringComparison.Ordinal);
    }

    [Xunit.Fact]
    public async Task A_folder_without_libtorch_or_with_broken_links_is_named()
    {
        string nowhere = Path.Combine(_child.Libtorch, "nowhere");
        Assert.Contains($"'{nowhere}', which is not a folder", (await _child.Run(nowhere)).Missing, StringComparison.Ordinal);
        Assert.Contains($"'{_child.Libtorch}', which has no {Cpu}", (await _child.Run(_child.Libtorch)).Missing, StringComparison.Ordinal);
        if (OperatingSystem.IsWindows())
            return;
        File.CreateSymbolicLink(Path.Combine(_child.Libtorch, Cpu), nowhere);
        Assert.Contains($"a link to '{nowhere}', which does not exist", (await _child.Run(_child.Libtorch)).Missing,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_Linux_waiting_threads_sleep_unless_the_environment_says_how_they_wait()
    {
        if (!OperatingSystem.IsLinux())
            return;
        const string Spin = "GOMP_SPINCOUNT";
        (string, string) show = ("OMP_DISPLAY_ENV", "VERBOSE");
        Assert.Contains($"{Spin} = '0'", (await _child.Run(TestLibtorch.Folder, show)).Error, StringComparison.Ordinal);
        Assert.Contains($"{Spin} = '77'", (await _child.Run(TestLibtorch.Folder, show, (Spin, "77"))).Error, StringComparison.Ordinal);
        string active = (await _child.Run(TestLibtorch.Folder, show, ("OMP_WAIT_POLICY", "ACTIVE"))).Error;
        Assert.Contains("OMP_WAIT_POLICY = 'ACTIVE'", active, StringComparison.Ordinal);
        Assert.DoesNotContain($"{Spin} = '0'", active, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_Linux_a_library_that_libtorch_needs_is_named_when_it_is_missing()
    {
        if (!OperatingSystem.IsLinux())
            return;

        // A small library of libtorch's that needs libgomp stands for the large one.
        Copy("c10", "c10");
        Copy("torch_global_deps", "torch_cpu");
        string missing = Assert.IsType<string>((await _child.Run(_child.Libtorch)).Missing);
        Assert.Contains($"{Cpu} cannot be loaded: it needs libgomp", missing, StringComparison.Ordinal);
        Assert.Contains("cannot open shared object file", missing, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_Linux_a_libtorch_without_TorchSharp_s_symbols_is_named_with_the_version_expected()
    {
        if (!OperatingSystem.IsLinux())
            return;
        Copy("c10", "c10");
        Copy("torch_global_deps", "torch_cpu");
        Copy("torch_global_deps", "torch");
        Copy("LibTorchSharp", "LibTorchSharp");
        string gomp = Directory.GetFiles(TestLibtorch.Folder, "libgomp*").Single();
        File.Copy(gomp, Path.Combine(_child.Libtorch, Path.GetFileName(gomp)));
        string missing = Assert.IsType<string>((await _child.Run(_child.Libtorch)).Missing);
        Assert.Contains("undefined symbol", missing, StringComparison.Ordinal);
        Assert.Contains($"Found libtorch of an older version, which it does not tell, in {_child.Libtorch}", missing,
            StringComparison.Ordinal);
        Assert.Contains("Expected 2.10.0, which TorchSharp 0.107.0", missing, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_Linux_a_libtorch_of_another_version_is_refused_with_both_versions()
    {
        if (!OperatingSystem.IsLinux())
            return;
        Copy("c10", "c10");
        byte[] other = new ElfImage { Function = ("aoti_torch_abi_version", (2ul << 56) | (6ul << 48) | (1ul << 40)) }.ToArray();
        File.WriteAllBytes(Path.Combine(_child.Libtorch, Cpu), other);
        string missing = Assert.IsType<string>((await _child.Run(_child.Libtorch)).Missing);
        Assert.Contains($"Found libtorch 2.6.1 in {_child.Libtorch}. Expected 2.10.0, which TorchSharp 0.107.0", missing,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_Linux_too_old_a_system_is_told_with_versions_and_remedy()
    {
        if (!OperatingSystem.IsLinux())
            return;

        // TorchSharp's library with the need for a version that no system has: its last digits are changed in the name and in the hash of
        // it.
        string[] libraries = [.. Directory.GetFiles(TestLibtorch.Folder).Where(NativeFiles.IsLibrary)];
        foreach (string library in libraries)
            File.CreateSymbolicLink(Path.Combine(_child.Libtorch, Path.GetFileName(library)), library);
        string own = Path.Combine(_child.Libtorch, NativeFiles.FileName("LibTorchSharp"));
        byte[] bytes = File.ReadAllBytes(own);
        File.Delete(own);
        Replace(bytes, "GLIBCXX_3.4.30\0"u8, "GLIBCXX_3.4.99\0"u8);
        Replace(bytes, BitConverter.GetBytes(Hash("GLIBCXX_3.4.30"u8)), BitConverter.GetBytes(Hash("GLIBCXX_3.4.99"u8)));
        File.WriteAllBytes(own, bytes);
        string missing = Assert.IsType<string>((await _child.Run(_child.Libtorch)).Missing);
        Assert.Contains("it needs GLIBCXX_3.4.99, and ", missing, StringComparison.Ordinal);
        Assert.Contains(" ends at GLIBCXX_3.4.", missing, StringComparison.Ordinal);
        Assert.Contains("'retnet torch prepare FOLDER'", missing, StringComparison.Ordinal);
        Assert.DoesNotContain("TorchSharp-cpu", missing, StringComparison.Ordinal);
    }

    private void Copy(string library, string name) =>
        File.Copy(Path.Combine(TestLibtorch.Folder, NativeFiles.FileName(library)),
            Path.Combine(_child.Libtorch, NativeFiles.FileName(name)));

    private static void Replace(Span<byte> bytes, ReadOnlySpan<byte> before, ReadOnlySpan<byte> after)
    {
        int start = bytes.IndexOf(before);
        Assert.True(start >= 0);
        after.CopyTo(bytes[start..]);
    }

    /// <summary>The hash that the loader compares names of versions by (System V ABI).</summary>
    private static uint Hash(ReadOnlySpan<byte> name)
    {
        uint hash = 0;
        foreach (byte letter in name)
        {
            hash = (hash << 4) + letter;
            uint top = hash & 0xf0000000;
            hash = (hash ^ (top >> 24)) & ~top;
        }

        return hash;
    }
}
