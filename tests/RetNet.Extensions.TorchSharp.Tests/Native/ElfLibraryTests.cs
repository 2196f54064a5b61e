using RetNet.Extensions.TorchSharp.Native;

namespace RetNet.Extensions.TorchSharp.Tests.Native;

/// <summary>What an ELF library needs and defines, and that a damaged one is refused.</summary>
public sealed class ElfLibraryTests : IDisposable
{
    private const string Old = "GLIBCXX_3.4.30";
    private const string New = "GLIBCXX_3.4.32";

    private readonly string _file = Path.GetTempFileName();

    // TorchSharp's library for Linux is among its package's files on every system.
    private static string TorchSharpLibrary =>
        Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", "libLibTorchSharp.so");

    public void Dispose() => File.Delete(_file);

    [Xunit.Fact]
    public void TorchSharp_s_library_needs_a_version_of_which_it_uses_nothing()
    {
        IReadOnlyList<ElfVersionNeed> needs = ElfLibrary.Read(TorchSharpLibrary).VersionNeeds;
        Assert.Equal(["libstdc++.so.6"], needs.Where(need => need.Version == New).Select(need => need.Library));
        Assert.Equal([New], needs.Where(need => !need.IsUsed).Select(need => need.Version));
        Assert.DoesNotContain(needs, need => need.IsWeak);
    }

    [Xunit.Fact]
    public void A_need_that_is_marked_weak_changes_one_byte()
    {
        ElfLibrary library = ElfLibrary.Read(TorchSharpLibrary);
        byte[] before = File.ReadAllBytes(TorchSharpLibrary);
        byte[] after = library.WithWeak(library.VersionNeeds.Where(need => need.Version == New));
        Assert.Equal(before.Length, after.Length);
        Assert.Equal(
            [(0, 2)], before.Zip(after).Where(pair => pair.First != pair.Second).Select(pair => ((int)pair.First, (int)pair.Second)));
        File.WriteAllBytes(_file, after);
        Assert.Equal([New], ElfLibrary.Read(_file).VersionNeeds.Where(need => need.IsWeak).Select(need => need.Version));
    }

    [Xunit.Fact]
    public void Needs_and_definitions_are_read()
    {
        ElfLibrary library = Read(new ElfImage { Needs = [(Old, true), (New, false)], Definitions = ["MINE_1.0", "MINE_1.1"] }.ToArray());
        Assert.Equal([(Old, true), (New, false)], library.VersionNeeds.Select(need => (need.Version, need.IsUsed)));
        Assert.Equal(["MINE_1.0", "MINE_1.1"], library.VersionDefinitions);
    }

    [Xunit.Fact]
    public void A_library_without_versions_has_none()
    {
        ElfLibrary library = Read(new ElfImage { Function = ("answer", 42) }.ToArray());
        Assert.Empty(library.VersionNeeds);
        Assert.Empty(library.VersionDefinitions);
    }

    [Xunit.Fact]
    public void A_library_that_is_cut_off_anywhere_is_refused()
    {
        byte[] image = Needy();
        for (int length = 0; length < image.Length - 16; length++)
            AssertRefused(image[..length], $"cut off after {length} bytes");
    }

    [Xunit.Fact]
    public void Damage_is_refused_or_harmless()
    {
        byte[] image = Needy();
        foreach (byte damage in (byte[])[0, 1, 0x7f, 0x80, 0xff])
        {
            for (int i = 0; i < image.Length; i++)
            {
                byte[] damaged = [.. image];
                damaged[i] = damage;
                Exception? exception = Record.Exception(() => Read(damaged));
                Assert.True(exception is null or InvalidDataException, $"byte {i} is {damage}: {exception}");
            }
        }
    }

    [Xunit.Fact]
    public void Entries_that_overlap_are_refused()
    {
        byte[] image = Needy();
        ElfVersionNeed first = Read(image).VersionNeeds[0];
        int distanceToNext = first.FlagsOffset + 8;
        Assert.Equal(16, image[distanceToNext]);
        image[distanceToNext] = 4;
        AssertRefused(image, "entries 4 bytes apart");
    }

    [Xunit.Theory]
    [InlineData("")]
    [InlineData("MZ and more")]
    [InlineData("/* GNU ld script */ GROUP ( /lib/x86_64-linux-gnu/libc.so.6 AS_NEEDED ( /lib64/ld-linux-x86-64.so.2 ) )")]
    public void Another_kind_of_file_is_refused(string text)
    {
        File.WriteAllText(_file, text);
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => ElfLibrary.Read(_file));
        Assert.Contains($"{_file} is not a 64-bit little-endian ELF library", error.Message, StringComparison.Ordinal);
    }

    private static byte[] Needy() => new ElfImage { Needs = [(Old, true), (New, false)] }.ToArray();

    private ElfLibrary Read(byte[] bytes)
    {
        File.WriteAllBytes(_file, bytes);
        return ElfLibrary.Read(_file);
    }

    private void AssertRefused(byte[] bytes, string what)
    {
        Exception? exception = Record.Exception(() => Read(bytes));
        Assert.True(exception is InvalidDataException, $"{what}: {exception}");
        Assert.Contains(_file, exception.Message, StringComparison.Ordinal);
    }
}
