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

    [Fact]
    public async Task Calls_are_shown_and_the_next_line_is_the_result()
    {
        ToolRun run = await ToolRun.RunWithInput("What is the weather in Paris?\nsunny\n", [.. Chat, Functions("\"type\": \"string\"")]);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(["get_weather({\"city\": \"Paris\"})", "It is sunny in Paris."],
            run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_result_that_is_missing_is_an_error_and_not_an_empty_one()
    {
        ToolRun run = await ToolRun.RunWithInput("What is the weather in Paris?", [.. Chat, Functions("\"type\": \"string\"")]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("The input ends before the result of get_weather.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_is_kept_to_its_schema()
    {
        string[] arguments = [.. Chat, Functions("\"type\": \"string\", \"enum\": [\"Oslo\"]")];

        ToolRun run = await ToolRun.RunWithInput("What is the weather in Paris?\nsunny\n", arguments);

        Assert.Contains("get_weather({\"city\": \"Oslo\"})", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_computes_results()
    {
        if (OperatingSystem.IsWindows())
            return;
        string program = TestFiles.Write("#!/bin/sh\nread call\necho sunny\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        string[] arguments = [.. Chat, Functions("\"type\": \"string\""), "--tool-command", program];

        ToolRun run = await ToolRun.RunWithInput("What is the weather in Paris?", arguments);

        Assert.EndsWith("It is sunny in Paris.", run.Output.TrimEnd(), StringComparison.Ordinal);
    }

    private static string[] Chat => ["chat", TestFiles.Model("calls-by-heart"), "--tools"];

    private static string Functions(string city) => TestFiles.Write($$$$"""
        [{"type": "function", "function": {"name": "get_weather", "description": "Tells the weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {{{{{city}}}}}}, "required": ["city"]}}}]
        """);
}
