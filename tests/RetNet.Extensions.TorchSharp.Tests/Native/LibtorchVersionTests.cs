using System.Runtime.InteropServices;
using RetNet.Extensions.TorchSharp.Native;

namespace RetNet.Extensions.TorchSharp.Tests.Native;

public sealed class LibtorchVersionTests
{
    [Fact]
    public void The_version_that_TorchSharp_was_built_for_is_known_without_libtorch() =>
        Assert.Equal(Version.Parse(torch.__version__), LibtorchVersion.Expected);

    [Fact]
    public void A_libtorch_tells_its_version()
    {
        nint library = NativeLibrary.Load(Path.Combine(TestLibtorch.Folder, NativeFiles.FileName("torch_cpu")));
        Assert.Equal(new Version(2, 10, 0), LibtorchVersion.Found(library));
    }

    [Xunit.Theory]
    [InlineData("2.10.0", true)]
    [InlineData("2.10.3", true)]
    [InlineData("2.9.1", false)]
    [InlineData("3.10.0", false)]
    public void Another_minor_version_does_not_fit(string found, bool fits) =>
        Assert.Equal(fits, LibtorchVersion.Fits(Version.Parse(found)));

    [Xunit.Fact]
    public void A_comparison_names_both_versions_and_where_the_library_is()
    {
        string text = LibtorchVersion.Compare(new Version(2, 6, 0), Path.Combine(Path.GetTempPath(), "libtorch_cpu.so"));
        Assert.Contains("Found libtorch 2.6.0 in ", text, StringComparison.Ordinal);
        Assert.Contains("Expected 2.10.0, which TorchSharp 0.107.0 was built for.", text, StringComparison.Ordinal);
        Assert.Contains("older version", LibtorchVersion.Compare(found: null, file: null), StringComparison.Ordinal);
    }
}
