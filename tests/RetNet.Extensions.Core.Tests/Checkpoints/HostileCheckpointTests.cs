using System.Diagnostics;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;

namespace RetNet.Extensions.Core.Tests.Checkpoints;

/// <summary>Model folders that are incomplete, contradict themselves, or hold something else than files.</summary>
public class HostileCheckpointTests
{
    private const long AllocationLimit = 8 << 20;

    private static readonly byte[] A = SafetensorsBytes.Floats(("a", [2], 1));
    private static readonly byte[] B = SafetensorsBytes.Floats(("b", [2], 1));

    /// <summary>Name, what is written into the folder, the file at fault, the tensor at fault (or null), a part of the message.</summary>
    private static readonly (string Name, Action<TemporaryFolder> Write, string File, string? Tensor, string Message)[] Cases =
    [
        ("no configuration", f => f.Write("model.safetensors", A), "config.json", null, "the configuration of a model"),
        ("no weights", f => f.Write("config.json", "{}"), "", null, "neither model.safetensors nor"),
        ("pickled weights only", f => Write(
            f, ("config.json", "{}"), ("pytorch_model.bin", "x")), "", null, "neither model.safetensors nor"),
        ("empty configuration", f => Write(f, ("config.json", "")), "config.json", null, "an empty file"),
        ("configuration is text", f => Write(f, ("config.json", "hello")), "config.json", null, "not valid JSON"),
        ("configuration is no valid UTF-8", f => f.Write("config.json",
            [.. "{\"model_type\":\""u8, 0xC6, .. "\"}"u8]), "config.json", null, "UTF-8"),
        ("configuration in UTF-16", f => f.Write(
            "config.json", System.Text.Encoding.Unicode.GetBytes("{}")), "config.json", null, "not valid JSON"),
        ("configuration is an array", f => Write(f, ("config.json", "[]")), "config.json", null, "Array"),
        ("configuration is cut short", f => Write(f, ("config.json", """{"model_type":"llama",""")), "config.json", null, "not valid JSON"),
        ("configuration is nested deeply", f => Write(
            f, ("config.json", string.Concat(Enumerable.Repeat("{\"a\":", 100_000)))), "config.json", null, "not valid JSON"),
        ("configuration names an option twice", f => Write(
            f, ("config.json", """{"\u001b[2J":1,"\u001b[2J":2}""")), "config.json", null, "duplicate"),
        ("configuration of megabytes", f => Write(
            f, ("config.json", "{" + new string(' ', 5_000_000) + "}")), "config.json", null, "5000002 bytes"),
        ("configuration is a folder", f => Directory.CreateDirectory(f["config.json"]), "config.json", null, "a directory"),
        ("weights are a folder", f => { Write(
            f, ("config.json", "{}")); Directory.CreateDirectory(f["model.safetensors"]); }, "model.safetensors", null, "a directory"),
        ("weights are broken", f => Write(f, ("config.json", "{}"), ("model.safetensors", "x")), "model.safetensors", null, "1 bytes"),
        ("index is no JSON", f => WriteIndex(f, "weight_map"), "model.safetensors.index.json", null, "not valid JSON"),
        ("index without a map", f => WriteIndex(f, """{"metadata":{}}"""), "model.safetensors.index.json", null, "weight_map"),
        ("map is an array", f => WriteIndex(f, """{"weight_map":[]}"""), "model.safetensors.index.json", null, "weight_map"),
        ("map is empty", f => WriteIndex(f, """{"weight_map":{}}"""), "model.safetensors.index.json", null, "an empty map"),
        ("shard is a number", f => WriteIndex(f, """{"weight_map":{"a":1}}"""), "model.safetensors.index.json", "a", "not a string"),
        ("shard is empty", f => WriteIndex(f, """{"weight_map":{"a":""}}"""), "model.safetensors.index.json", "a", "the shard ''"),
        ("shard in the parent folder", f => WriteIndex(
            f, """{"weight_map":{"a":"../a.safetensors"}}"""), "model.safetensors.index.json", "a", "'../a.safetensors'"),
        ("shard at the root", f => WriteIndex(
            f, """{"weight_map":{"a":"/etc/a.safetensors"}}"""), "model.safetensors.index.json", "a", "in the same folder"),
        ("shard on a drive", f => WriteIndex(
            f, """{"weight_map":{"a":"c:a.safetensors"}}"""), "model.safetensors.index.json", "a", "in the same folder"),
        ("shard behind backslashes", f => WriteIndex(
            f, """{"weight_map":{"a":"..\\a.safetensors"}}"""), "model.safetensors.index.json", "a", "in the same folder"),
        ("shard with a zero byte", f => WriteIndex(
            f, """{"weight_map":{"a":"a\u0000.safetensors"}}"""), "model.safetensors.index.json", "a", "in the same folder"),
        ("shard with an escape sequence", f => WriteIndex(
            f, """{"weight_map":{"a":"\u001b[2J.safetensors"}}"""), "model.safetensors.index.json", "a", "'\uFFFD[2J.safetensors'"),
        ("shard is no safetensors file", f => WriteIndex(
            f, """{"weight_map":{"a":"config.json"}}"""), "model.safetensors.index.json", "a", "in the same folder"),
        ("shard name of a kilobyte", f => WriteIndex(f,
            $$$"""{"weight_map":{"a":"{{{new string('a', 1000)}}}.safetensors"}}"""), "model.safetensors.index.json", "a",
            "in the same folder"),
        ("shard name is no Unicode", f => WriteIndex(
            f, """{"weight_map":{"a":"\ud800.safetensors"}}"""), "model.safetensors.index.json", null, "valid Unicode"),
        ("tensor name is no Unicode", f => WriteIndex(
            f, """{"weight_map":{"\udc00":"a.safetensors"}}"""), "model.safetensors.index.json", null, ""),
        ("tensor twice in the map", f => WriteIndex(
            f, """{"weight_map":{"a":"a.safetensors","a":"b.safetensors"}}"""), "model.safetensors.index.json", null, "duplicate"),
        ("shard is missing", f => WriteIndex(
            f, """{"weight_map":{"a":"a.safetensors","b":"c.safetensors"}}"""), "c.safetensors", null, "a file"),
        ("tensor is missing from its shard", f => WriteIndex(
            f, """{"weight_map":{"a":"a.safetensors","c":"a.safetensors"}}"""), "a.safetensors", "c", "no such tensor"),
        ("tensor is in another shard", f => WriteIndex(
            f, """{"weight_map":{"a":"b.safetensors","b":"a.safetensors"}}"""), "b.safetensors", "a", "a.safetensors"),
        ("tensor in two shards", f => { WriteIndex(f,
            """{"weight_map":{"a":"a.safetensors","b":"b.safetensors"}}"""); f.Write(
                "b.safetensors", A); }, "b.safetensors", "a", "a second tensor"),
        ("shard is cut short", f => { WriteIndex(f,
            """{"weight_map":{"a":"a.safetensors","b":"b.safetensors"}}"""); f.Write(
                "b.safetensors", B[..^1]); }, "b.safetensors", "b", "7 bytes of data"),
    ];

    public static TheoryData<string> CaseNames => new(Cases.Select(c => c.Name));

    [Theory]
    [MemberData(nameof(CaseNames))]
    public void Malformed_folder_is_refused_by_name_without_large_allocations(string name)
    {
        (_, Action<TemporaryFolder> write, string file, string? tensor, string message) = Cases.Single(c => c.Name == name);
        using TemporaryFolder folder = new();
        write(folder);

        long before = GC.GetAllocatedBytesForCurrentThread();
        CheckpointException exception = Assert.Throws<CheckpointException>(() => Checkpoint.Open(folder.Root));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(file.Length == 0 ? folder.Root : folder[file], exception.File);
        Assert.Contains(exception.File, exception.Message, StringComparison.Ordinal);
        Assert.Contains(message, exception.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(tensor, exception.Tensor);
        Assert.DoesNotContain(exception.Message, c => char.IsControl(c));
        Assert.InRange(allocated, 0, AllocationLimit);
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("missing.safetensors")]
    [InlineData("readme.txt")]
    public void Path_that_is_no_checkpoint_is_refused(string name)
    {
        using TemporaryFolder folder = new();
        folder.Write("config.json", "{}");
        folder.Write("readme.txt", "x");

        CheckpointException exception = Assert.Throws<CheckpointException>(() => Checkpoint.Open(folder[name]));

        Assert.Equal(folder[name], exception.File);
    }

    [Fact]
    public void Index_of_a_hundred_thousand_tensors_is_read_in_linear_time()
    {
        using TemporaryFolder folder = new();
        string entries = string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"\"t{i}\":\"a.safetensors\""));
        WriteIndex(folder, "{\"weight_map\":{" + entries + "}}");

        CheckpointException exception = Assert.Throws<CheckpointException>(() => Checkpoint.Open(folder.Root));

        Assert.Equal("t0", exception.Tensor);
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("model.safetensors")]
    public async Task Pipe_is_refused_and_never_waited_on(string name)
    {
        if (OperatingSystem.IsWindows())
            return;
        using TemporaryFolder folder = new();
        Write(folder, ("config.json", "{}"));
        File.Delete(folder[name]);
        using (Process make = Process.Start("mkfifo", [folder[name]]))
            await make.WaitForExitAsync();

        CheckpointException exception =
            await Assert.ThrowsAsync<CheckpointException>(
                () => Task.Run(() => Checkpoint.Open(folder.Root)).WaitAsync(TimeSpan.FromSeconds(30)));

        Assert.Equal(folder[name], exception.File);
        Assert.Contains("a pipe", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Links_to_nothing_to_themselves_and_to_devices_are_refused()
    {
        if (OperatingSystem.IsWindows())
            return;
        foreach (string target in (string[])["nothing", "model.safetensors", "/dev/zero", "."])
        {
            using TemporaryFolder folder = new();
            Write(folder, ("config.json", "{}"));
            File.CreateSymbolicLink(folder["model.safetensors"], target);

            CheckpointException exception = Assert.Throws<CheckpointException>(() => Checkpoint.Open(folder.Root));

            Assert.Equal(folder["model.safetensors"], exception.File);
        }
    }

    [Fact]
    public void There_are_at_least_thirty_malformed_folders() => Assert.True(Cases.Length >= 30);

    private static void Write(TemporaryFolder folder, params (string Name, string Text)[] files)
    {
        foreach ((string name, string text) in files)
            folder.Write(name, text);
    }

    private static void WriteIndex(TemporaryFolder folder, string index)
    {
        Write(folder, ("config.json", "{}"), ("model.safetensors.index.json", index));
        folder.Write("a.safetensors", A);
        folder.Write("b.safetensors", B);
    }
}
