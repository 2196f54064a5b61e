using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Memory;
using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.Core.Tests.Models;

/// <summary>Weights that memory has no room for.</summary>
public sealed class WeightMemoryTests : IDisposable
{
    private readonly DirectoryInfo _groups = Directory.CreateTempSubdirectory("retnet-groups-");

    public void Dispose() => _groups.Delete(recursive: true);

    [Fact]
    public void Weights_that_do_not_fit_are_refused_with_what_each_format_takes()
    {
        WeightMemory.Require("model", 800, 1000, left: 1000);
        WeightMemory.Require("model", 800, 1000, left: null);

        string message = Assert.Throws<InsufficientMemoryException>(() => WeightMemory.Require("model", 800, 1000, left: 999)).Message;

        Assert.Equal("model: there is not enough memory for 800 weights. 999 bytes are left, and 1000 are needed. "
            + "They take about 3200 as Float32, 1600 as BFloat16, 850 as Int8, 500 as Int4.", message);
        Assert.Equal((850, 77), (WeightMemory.Bytes(800, 77, WeightFormat.Int8), WeightMemory.Bytes(800, 77, WeightFormat.Auto)));
    }

    [Fact]
    public void What_is_left_is_known_on_Linux()
    {
        if (OperatingSystem.IsLinux())
            Assert.InRange(AvailableMemory.Bytes!.Value, 1, 1L << 50);
    }

    [Fact]
    public void A_control_group_leaves_what_it_and_the_groups_around_it_allow()
    {
        Write("", limit: "1000", usage: "100", "inactive_file 0", "active_file 0");
        Write("/a", limit: "max", usage: "90", "inactive_file 3", "active_file 4");
        Write("/a/b", limit: "500", usage: "80", "anon 1", "inactive_file 10", "active_file 20");

        Assert.Equal(450, Left("/a/b"));
        Assert.Equal(900, Left("/a"));
        Assert.Equal(450, Left("/a/b/not-mounted-here"));
        Write("/a/b", limit: "500", usage: "700");
        Assert.Equal(0, Left("/a/b"));
        Assert.Null(AvailableMemory.Left(Path.Combine(_groups.FullName, "none"), "/a", "memory.max", "memory.current"));
    }

    [Theory]
    [InlineData("file_mapped 30", "file_dirty 5", "file_writeback 1")]
    [InlineData("mapped_file 30", "dirty 5", "writeback 1")]
    public void Files_that_are_mapped_or_not_on_the_disk_yet_do_not_count_as_left(params string[] kept)
    {
        Write("", limit: "500", usage: "400", ["inactive_file 40", "active_file 60", .. kept]);
        Assert.Equal(500 - 400 + (100 - 36), Left(""));
        Write("", limit: "500", usage: "400", ["inactive_file 0", "active_file 10", .. kept]);
        Assert.Equal(100, Left(""));
    }

    [Theory]
    [InlineData("file_mapped 30", 25)]
    [InlineData("file_mapped 30", 50)]
    [InlineData("mapped_file 30", 25)]
    public void Mapped_shared_memory_takes_nothing_from_files_beside_it(string mapped, int shared)
    {
        Write("", limit: "500", usage: "400", "inactive_file 40", "active_file 60", mapped, $"shmem {shared}");
        Assert.Equal(500 - 400 + 100 - Math.Max(0, 30 - shared), Left(""));
    }

    private long? Left(string path) => AvailableMemory.Left(_groups.FullName, path, "memory.max", "memory.current");

    private void Write(string group, string limit, string usage, params string[] stat)
    {
        string folder = _groups.FullName + group;
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "memory.max"), limit + "\n");
        File.WriteAllText(Path.Combine(folder, "memory.current"), usage + "\n");
        File.WriteAllLines(Path.Combine(folder, "memory.stat"), stat);
    }
}
