using System.Text.Json;
using RetNet.Extensions.AI.Tests;

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
    public async Task Answers_in_channels_are_reasoning_and_text()
    {
        using ScriptedModel model = ScriptedModel.InChannels(
            "<|channel|>analysis<|message|>", "It is twelve.", "<|end|><|start|>assistant", "<|channel|>", "final", "<|message|>", "Noon.");

        ToolRun run = await ToolRun.RunWithInput("What time is it?\nAnd now?\n", "chat", model.Folder);

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal("<think>It is twelve.</think>\nNoon.\n<think>It is twelve.</think>\nNoon.\n", run.Output);
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

    [Theory]
    [InlineData("<ask>")]
    [InlineData("<ask><think>")]
    public async Task Reasoning_is_no_part_of_the_answer_and_a_mark_of_calls_in_it_begins_none(string prompt)
    {
        const string said = "What is the weather?\nsunny\n";
        using ScriptedModel model = new(["<think>", "I write ", "<tool_call>", " soon", ".\n", "</think>", "\n\n",
            "<tool_call>\n{\"name\": ", "\"get_time\", ", "\"get_weather\", ", "\"arguments\": {\"city\": \"Oslo\"}}\n", "</tool_call>"],
            prompt);
        string[] arguments = ["chat", model.Folder, "--tools", Functions("\"type\": \"string\"")];

        ToolRun run = await ToolRun.RunWithInput(said, arguments);
        Assert.True(run.ExitCode == 0, run.Error);
        JsonElement turn = (await ToolRun.RunWithInput(said, [.. arguments, "--json"])).Json.GetProperty("turns")[0];

        Assert.Equal("<think>I write <tool_call> soon.</think>\nget_weather({\"city\": \"Oslo\"})\nNoon.\n", run.Output);
        Assert.Equal("I write <tool_call> soon.", turn.GetProperty("reasoning").GetString());
        Assert.Equal("get_weather", Assert.Single(turn.GetProperty("tool_calls").EnumerateArray()).GetProperty("function")
            .GetProperty("name").GetString());
        Assert.Equal("", turn.GetProperty("text").GetString());
    }

    private static string[] Chat => ["chat", TestFiles.Model("calls-by-heart"), "--tools"];

    private static string Functions(string city) => TestFiles.Write($$$$"""
        [{"type": "function", "function": {"name": "get_weather", "description": "Tells the weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {{{{{city}}}}}}, "required": ["city"]}}}]
        """);
}
