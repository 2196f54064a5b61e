namespace RetNet.Extensions.Tool.Tests;

public sealed class ChatToolsTests
{
    [Fact]
    public async Task A_model_whose_template_has_no_place_for_tools_is_named()
    {
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, """[{"name": "time"}]""");

        ToolRun run = await ToolRun.RunWithInput("Hello", "chat", TestFiles.RetNet, "--tools", file);

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("has no place for tools", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_for_calls_needs_functions()
    {
        ToolRun run = await ToolRun.RunWithInput("Hello", "chat", TestFiles.RetNet, "--tool-command", "true");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("--tools", run.Error, StringComparison.Ordinal);
    }
}
