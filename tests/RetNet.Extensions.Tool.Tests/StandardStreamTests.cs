using System.Diagnostics;
using RetNet.Extensions.Tool.Streams;

namespace RetNet.Extensions.Tool.Tests;

/// <summary>The command as a process whose standard streams are closed, or end early.</summary>
public sealed class StandardStreamTests : IDisposable
{
    private static readonly string[] LongText =
        ["generate", TestFiles.RetNet, "--prompt", "Once upon a time", "--max-tokens", "20000", "--regex", "[a-z ]{5000}[a-z ]*"];

    private readonly string _folder = Directory.CreateTempSubdirectory("retnet-streams-").FullName;
    private readonly string _data;

    public StandardStreamTests()
    {
        _data = Path.Combine(_folder, "data.txt");
        File.WriteAllText(_data, string.Concat(Enumerable.Range(0, 40).Select(i => $"Spot the dog saw ball number {i}.\n")));
    }

    private string Out => Path.Combine(_folder, "model");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("| head -c 5")]
    [InlineData("| true")]
    public async Task A_closed_pipe_ends_generation(string pipe)
    {
        if (OperatingSystem.IsWindows())
            return;
        ToolRun run = await ToolProcess.Shell($"\"$@\" {pipe}; exit ${{PIPESTATUS[0]}}", LongText);

        // The whole text was not generated: what measures it was not written.
        Assert.Equal((141, ""), (run.ExitCode, run.Error));
    }

    [Theory]
    [InlineData("2>&-")]
    [InlineData("2>/dev/full")]
    public async Task A_training_whose_progress_cannot_be_written_is_not_lost(string redirection)
    {
        if (OperatingSystem.IsWindows())
            return;
        ToolRun run = await ToolProcess.Shell($"\"$@\" {redirection}", Train(steps: 1));
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("Loss", run.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(Out, "model.safetensors")));
    }

    [Theory]
    [InlineData(">&-")]
    [InlineData(">/dev/full")]
    public async Task An_output_that_cannot_be_written_is_an_error(string redirection)
    {
        if (OperatingSystem.IsWindows())
            return;
        ToolRun run = await ToolProcess.Shell($"\"$@\" {redirection}", "generate", TestFiles.RetNet, "--prompt", "Once", "--max-tokens",
            "3");
        Assert.Equal(1, run.ExitCode);
        AssertOneLine("The output cannot be written", run);
    }

    [Fact]
    public async Task A_closed_input_of_a_chat_is_an_error()
    {
        if (OperatingSystem.IsWindows())
            return;
        ToolRun run = await ToolProcess.Shell("\"$@\" <&-", "chat", TestFiles.RetNet);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        AssertOneLine("The standard input is closed", run);
    }

    [Fact]
    public async Task Without_any_stream_a_command_ends_in_order()
    {
        if (OperatingSystem.IsWindows())
            return;
        ToolRun chat = await ToolProcess.Shell("\"$@\" <&- >&- 2>&-", "chat", TestFiles.RetNet);
        Assert.Equal(1, chat.ExitCode);
        ToolRun train = await ToolProcess.Shell("\"$@\" <&- 2>&- | cat", Train(steps: 1));
        Assert.Equal((0, true), (train.ExitCode, File.Exists(Path.Combine(Out, "model.safetensors"))));
    }

    [Fact]
    public async Task Input_that_is_not_UTF8_is_refused()
    {
        if (OperatingSystem.IsWindows())
            return;
        ToolRun run = await ToolProcess.Shell("printf 'caf\\xe9\\n' | \"$@\"", "chat", TestFiles.RetNet);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        AssertOneLine("The standard input is not UTF-8 text", run);
    }

    [Fact]
    public void A_report_may_hold_half_of_a_surrogate_pair()
    {
        TextWriter error = StandardStreams.OpenError();

        error.WriteLine("Half of a pair: \ud83d");
        error.WriteLine("The next line.");
    }

    [Theory]
    [InlineData("HUP")]
    [InlineData("TERM")]
    public async Task A_signal_leaves_a_checkpoint_of_a_training(string signal)
    {
        if (OperatingSystem.IsWindows())
            return;
        using Process process = ToolProcess.StartShell("exec \"$@\"", Train(steps: 1_000_000));

        // The last file that is written before the first step.
        while (!process.HasExited && !File.Exists(Path.Combine(Out, "tokenizer.json")))
            await Task.Delay(5);
        using Process kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
        ToolRun run = await ToolProcess.FinishAsync(process);
        Assert.Equal(130, run.ExitCode);
        Assert.True(File.Exists(Path.Combine(Out, "training.checkpoint")));
        Assert.EndsWith("retnet: interrupted\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hang_up_that_the_caller_ignores_ends_nothing()
    {
        if (OperatingSystem.IsWindows())
            return;
        using Process process = ToolProcess.StartShell("trap '' HUP; exec \"$@\"",
            ["chat", TestFiles.RetNet, "--temperature", "0", "--max-tokens", "4"]);
        await process.StandardInput.WriteLineAsync("Tell me a story about a dog.");
        await process.StandardInput.FlushAsync();
        Assert.NotNull(await process.StandardOutput.ReadLineAsync());
        using Process kill = Process.Start("kill", ["-HUP", $"{process.Id}"]);
        await kill.WaitForExitAsync();
        await process.StandardInput.WriteLineAsync("Go on.");
        Assert.NotNull(await process.StandardOutput.ReadLineAsync());
        Assert.Equal(0, (await ToolProcess.FinishAsync(process)).ExitCode);
    }

    private string[] Train(int steps) =>
    [
        "train", _data, "--out", Out, "--dim", "16", "--layers", "1", "--heads", "2", "--vocab", "300", "--context", "16",
        "--batch", "2", "--steps", $"{steps}", "--threads", "1",
    ];

    private static void AssertOneLine(string expected, ToolRun run)
    {
        Assert.StartsWith("retnet: " + expected, run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd('\n').Split('\n'));
    }
}
