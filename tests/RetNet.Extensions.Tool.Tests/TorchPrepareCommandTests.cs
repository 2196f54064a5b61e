using System.Text.Json;

namespace RetNet.Extensions.Tool.Tests;

public sealed class TorchPrepareCommandTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("retnet-tool-").FullName;

    public TorchPrepareCommandTests()
    {
        // Small files stand for libtorch's libraries, which are only linked.
        foreach (string name in (string[])["libtorch_cpu.so", "libtorch_cpu.dylib", "torch_cpu.dll"])
            File.WriteAllText(Path.Combine(_root, name), "library");
    }

    private string Folder => Path.Combine(_root, "made");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task A_folder_with_links_and_TorchSharp_s_library_is_made_and_one_line_says_so()
    {
        ToolRun run = await ToolRun.Run("torch", "prepare", Folder, "--libtorch", _root);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.StartsWith($"{Folder}: ", Assert.Single(run.Output.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
        string[] made = [.. Directory.GetFiles(Folder).Select(Path.GetFileName)!];
        Assert.Contains(made, name => name.Contains("torch_cpu", StringComparison.Ordinal));
        Assert.Contains(made, name => name.Contains("LibTorchSharp", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_folder_is_named_in_JSON()
    {
        JsonElement json = await ToolRun.RunForJson("torch", "prepare", Folder, "--libtorch", _root);
        Assert.Equal(Folder, json.GetProperty("folder").GetString());
        Assert.StartsWith(Folder, json.GetProperty("done").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_with_other_files_is_left_alone()
    {
        string mine = Path.Combine(Directory.CreateDirectory(Folder).FullName, "notes.txt");
        File.WriteAllText(mine, "mine");
        ToolRun run = await ToolRun.Run("torch", "prepare", Folder, "--libtorch", _root);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("has other files", run.Error, StringComparison.Ordinal);
        Assert.Equal([mine], Directory.GetFiles(Folder));
    }
}
