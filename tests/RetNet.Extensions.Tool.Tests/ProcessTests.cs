using System.Diagnostics;
using System.Text.Json;

namespace RetNet.Extensions.Tool.Tests;

/// <summary>The command as a process of its own.</summary>
public sealed class ProcessTests
{
    [Fact]
    public async Task Output_is_one_JSON_document()
    {
        using Process process = Start("tokenize", TestFiles.RetNet, "--text", "wörld", "--json");
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        Assert.Equal("wörld", JsonDocument.Parse(output).RootElement.GetProperty("decoded").GetString());
    }

    [Theory]
    [InlineData("tokenizer-bytelevel-qwen", "e\u0301cole", "école")]
    [InlineData("tokenizer-wordpiece-uncased", "E\u0301COLE \u0130", "ecole i")]
    public async Task Ids_do_not_depend_on_the_languages_that_the_host_knows(string golden, string text, string same)
    {
        foreach (string isInvariant in (string[])["1", "0"])
        {
            Assert.Equal(await TokensAsync(text), await TokensAsync(same));

            async Task<string> TokensAsync(string given)
            {
                ProcessStartInfo start = ToolProcess.StartInfo("tokenize", TestFiles.Golden(golden), "--text", given, "--json");
                start.Environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = isInvariant;
                ToolRun run = await ToolProcess.FinishAsync(Process.Start(start)!);
                Assert.Equal((0, ""), (run.ExitCode, run.Error));
                return run.Json.GetProperty("ids").GetRawText();
            }
        }
    }

    [Fact]
    public async Task Failure_is_exit_code_1_with_nothing_on_the_output()
    {
        using Process process = Start("info", "no-such-model", "--json");
        string output = await process.StandardOutput.ReadToEndAsync();
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal((1, ""), (process.ExitCode, output));
        Assert.StartsWith("retnet: no-such-model", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("info model.safetensors")]
    [InlineData("tokenize model.safetensors --text Once")]
    [InlineData("generate model.safetensors --prompt Once --max-tokens 1")]
    public async Task Weights_in_the_current_directory_are_a_model_with_all_its_files(string commandLine)
    {
        ProcessStartInfo start = ToolProcess.StartInfo([.. commandLine.Split(' '), "--json"]);
        start.WorkingDirectory = TestFiles.RetNet;
        using Process process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync();
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal((0, ""), (process.ExitCode, error));
        Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(output).RootElement.ValueKind);
    }

    [Fact]
    public async Task Terminated_chat_ends_though_it_waits_for_input()
    {
        if (OperatingSystem.IsWindows())
            return;
        using Process process = Start("chat", TestFiles.RetNet, "--temperature", "0", "--max-tokens", "4");
        await process.StandardInput.WriteLineAsync("Tell me a story about a dog.");
        await process.StandardInput.FlushAsync();
        Assert.NotNull(await process.StandardOutput.ReadLineAsync());

        // It waits for input once it has told how fast it was.
        string? told;
        do
            told = await process.StandardError.ReadLineAsync();
        while (told?.Contains("tokens/s", StringComparison.Ordinal) == false);
        Assert.NotNull(told);

        // Not SIGINT, which a test run in the background of a shell ignores and hands on ignored.
        using Process kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
        await kill.WaitForExitAsync();
        await process.WaitForExitAsync();
        Assert.Equal((130, ""), (process.ExitCode, await process.StandardOutput.ReadToEndAsync()));
        Assert.EndsWith("retnet: interrupted", (await process.StandardError.ReadToEndAsync()).TrimEnd(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    public async Task A_chat_goes_on_though_its_model_is_cut_in_place(long length)
    {
        if (OperatingSystem.IsWindows())
            return;
        using ModelCopy model = new();
        using Process process = Start("chat", model.Path, "--temperature", "0", "--max-tokens", "8");
        string first = await AnswerAsync("Tell me a story about a dog.");
        model.Cut(length);
        string second = await AnswerAsync("Tell me a story about a cat and a bird.");
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        Assert.NotEqual("", first);
        Assert.NotEqual("", second);

        async Task<string> AnswerAsync(string message)
        {
            await process.StandardInput.WriteLineAsync(message);
            await process.StandardInput.FlushAsync();
            return await process.StandardOutput.ReadLineAsync() ?? await process.StandardError.ReadToEndAsync();
        }
    }

    [Fact]
    public async Task A_model_that_is_cut_while_it_is_loaded_ends_in_a_line_that_names_it()
    {
        if (OperatingSystem.IsWindows())
            return;
        int refused = 0;
        for (int round = 0; round < 25; round++)
        {
            using ModelCopy model = new();
            using Process process = Start("info", model.Path, "--json");

            // From the start of the process to after its end.
            await Task.Delay(round * 20);
            model.Cut(round * 1000);
            string output = await process.StandardOutput.ReadToEndAsync();
            string error = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            if (process.ExitCode == 0)
            {
                Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(output).RootElement.ValueKind);
                continue;
            }

            Assert.Equal((1, true), (process.ExitCode, error.StartsWith($"retnet: {model.Weights}", StringComparison.Ordinal)));
            refused++;
        }

        Assert.InRange(refused, 1, 25);
    }

    private static Process Start(params string[] arguments) => Process.Start(ToolProcess.StartInfo(arguments))!;
}
