using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.TorchSharp.Native;
using RetNet.Extensions.TorchSharp.Tests.Native;

namespace RetNet.Extensions.TorchSharp.Tests;

/// <summary>The folder for RETNET_LIBTORCH. Small files stand for libtorch's libraries: they are linked, not loaded.</summary>
public sealed class LibtorchFolderTests : IDisposable
{
    private const string Note = "about-this-folder.txt";

    private static readonly string Cpu = NativeFiles.FileName("torch_cpu");
    private static readonly string C10 = NativeFiles.FileName("c10");
    private static readonly string Own = NativeFiles.FileName("LibTorchSharp");

    private readonly string _root = Directory.CreateTempSubdirectory("retnet-torch-").FullName;

    public LibtorchFolderTests()
    {
        Directory.CreateDirectory(Source);
        File.WriteAllText(Path.Combine(Source, Cpu), "cpu");
        File.WriteAllText(Path.Combine(Source, C10), "c10");
        File.WriteAllText(Path.Combine(Source, "licence.txt"), "text");
    }

    private string Source => Path.Combine(_root, "libtorch", "lib");

    private string Folder => Path.Combine(_root, "made", "folder");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Xunit.Fact]
    public void The_folder_has_libtorch_s_libraries_and_TorchSharp_s_own()
    {
        string done = LibtorchFolder.Prepare(Folder, Source);
        AssertHolds(Cpu, C10, Own, Note);
        Assert.Equal("cpu", File.ReadAllText(Path.Combine(Folder, Cpu)));
        Assert.Contains($"2 libraries of {Source}, and {Own}", done, StringComparison.Ordinal);
    }

    [Xunit.Fact]
    public void The_folder_is_made_anew()
    {
        LibtorchFolder.Prepare(Folder, Source);
        File.Delete(Path.Combine(Source, C10));
        LibtorchFolder.Prepare(Folder, Source);
        AssertHolds(Cpu, Own, Note);
    }

    [Xunit.Fact]
    public void An_empty_folder_is_taken_and_a_libtorch_s_folder_above_lib_is_understood()
    {
        Directory.CreateDirectory(Folder);
        LibtorchFolder.Prepare(Folder, Path.GetDirectoryName(Source)!);
        AssertHolds(Cpu, C10, Own, Note);
    }

    [Xunit.Fact]
    public void A_folder_with_other_files_is_left_alone()
    {
        Directory.CreateDirectory(Folder);
        string mine = Path.Combine(Folder, C10);
        File.WriteAllText(mine, "mine");
        IOException error = Assert.Throws<IOException>(() => LibtorchFolder.Prepare(Folder, Source));
        Assert.Contains($"'{Folder}' has other files", error.Message, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(mine));
    }

    [Xunit.Fact]
    public void A_file_or_the_libtorch_itself_is_refused_as_the_folder()
    {
        string file = Path.Combine(Source, Cpu);
        Assert.Contains("is a file", Assert.Throws<IOException>(() => LibtorchFolder.Prepare(file, Source)).Message,
            StringComparison.Ordinal);
        Assert.Contains("is the libtorch itself", Assert.Throws<IOException>(() => LibtorchFolder.Prepare(Source, Source)).Message,
            StringComparison.Ordinal);
        Assert.Equal("cpu", File.ReadAllText(file));
    }

    [Xunit.Fact]
    public void A_folder_without_libtorch_is_named()
    {
        FileNotFoundException error = Assert.Throws<FileNotFoundException>(() => LibtorchFolder.Prepare(Folder, _root));
        Assert.Contains($"Neither '{_root}' nor its folder lib has {Cpu}", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Folder));
    }

    [Xunit.Fact]
    public void The_package_is_found_in_a_folder_of_packages_and_named_where_it_is_missing()
    {
        string platform = RuntimeInformation.RuntimeIdentifier;
        FileNotFoundException error = Assert.Throws<FileNotFoundException>(() => LibtorchFolder.FindPackage(_root));
        Assert.Contains($"'{_root}' has no package libtorch-cpu-{platform} 2.10.0", error.Message, StringComparison.Ordinal);
        string package = Directory.CreateDirectory(Path.Combine(_root, $"libtorch-cpu-{platform}", "2.10.0", "runtimes", platform,
            "native")).FullName;
        Assert.Equal(package, LibtorchFolder.FindPackage(_root));
    }

    [Xunit.Fact]
    public void On_Linux_a_need_that_this_system_does_not_meet_is_marked_where_nothing_uses_it()
    {
        if (!OperatingSystem.IsLinux())
            return;
        WriteOwn(isUsed: false);
        string done = LibtorchFolder.Prepare(Folder, Source);
        Assert.Contains("a copy that does without GLIBCXX_9.9.9 (", done, StringComparison.Ordinal);
        Assert.Equal([("GLIBCXX_3.4", false), ("GLIBCXX_9.9.9", true)], Needs(Folder));
        Assert.Equal([("GLIBCXX_3.4", false), ("GLIBCXX_9.9.9", false)], Needs(Source));

        // What is made once is loadable as it is.
        string again = Path.Combine(_root, "again");
        Assert.EndsWith($"{Own} as it is.", LibtorchFolder.Prepare(again, Folder), StringComparison.Ordinal);
        Assert.Equal(Needs(Folder), Needs(again));
    }

    [Xunit.Fact]
    public void On_Linux_a_need_that_this_system_does_not_meet_is_refused_where_it_is_used()
    {
        if (!OperatingSystem.IsLinux())
            return;
        WriteOwn(isUsed: true);
        PlatformNotSupportedException error = Assert.Throws<PlatformNotSupportedException>(() => LibtorchFolder.Prepare(Folder, Source));
        Assert.Contains("uses GLIBCXX_9.9.9, and ", error.Message, StringComparison.Ordinal);
        Assert.Contains("ends at GLIBCXX_3.4.", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Folder));
    }

    [Xunit.Fact]
    public void On_a_full_disk_the_folder_stays_as_it_was()
    {
        if (!OperatingSystem.IsLinux())
            return;
        WriteOwn(isUsed: false);
        using SmallDisk? disk = SmallDisk.TryMount();
        if (disk is null)
            return;
        string folder = disk["folder"];
        LibtorchFolder.Prepare(folder, Source);
        Dictionary<string, byte[]> before = Directory.GetFiles(folder).ToDictionary(file => file, File.ReadAllBytes);
        File.WriteAllText(Path.Combine(Source, C10), "other");
        int failures = disk.FillAndSave(
            () => LibtorchFolder.Prepare(folder, Source),
            () => Assert.Equal(
                before.Where(file => !file.Key.EndsWith(C10, StringComparison.Ordinal)),
                Directory.GetFiles(folder).Where(file => !file.EndsWith(C10, StringComparison.Ordinal))
                    .ToDictionary(file => file, File.ReadAllBytes)));
        Assert.InRange(failures, 1, 50);
    }

    private void WriteOwn(bool isUsed) => File.WriteAllBytes(
        Path.Combine(Source, Own), new ElfImage { Needs = [("GLIBCXX_3.4", true), ("GLIBCXX_9.9.9", isUsed)] }.ToArray());

    private static IEnumerable<(string Version, bool IsWeak)> Needs(string folder) =>
        ElfLibrary.Read(Path.Combine(folder, Own)).VersionNeeds.Select(need => (need.Version, need.IsWeak));

    private void AssertHolds(params string[] names) =>
        Assert.Equal(
            names.Order(StringComparer.Ordinal), Directory.GetFiles(Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
}
