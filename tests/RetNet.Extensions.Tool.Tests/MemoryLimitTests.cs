namespace RetNet.Extensions.Tool.Tests;

/// <summary>The command as a process with too little memory for what it is told to do.</summary>
public sealed class MemoryLimitTests
{
    // The tokens of the prompts alone are 4 GiB.
    private static readonly string[] Large = ["bench", TestFiles.Golden("tova-llama"), "--prompt", "1048576", "--batch", "1024"];

    [Theory]
    [InlineData("ulimit -v 6000000; exec \"$@\"")]
    [InlineData("export DOTNET_GCHeapHardLimit=80000000; exec \"$@\"")]
    public Task Too_little_memory_is_one_line(string script) => IsOneLine(script, Large);

    // The bandwidth is measured with several threads on 512 MiB.
    [Fact]
    public Task Too_little_memory_to_measure_its_bandwidth_is_one_line() => IsOneLine(
        "export DOTNET_GCHeapHardLimit=10000000; exec \"$@\"",
        "bench", TestFiles.Golden("tova-llama"), "--prompt", "8", "--decode", "2");

    [Fact]
    public void Memory_is_named_wherever_its_lack_was_noticed()
    {
        OutOfMemoryException lack = new();
        Assert.StartsWith("out of memory", MemoryFailure.Of(new TaskSchedulerException(lack)), StringComparison.Ordinal);
        Assert.StartsWith("out of memory", MemoryFailure.Of(new TypeInitializationException("Marvin", lack)), StringComparison.Ordinal);
        Assert.StartsWith("out of memory", MemoryFailure.Of(new IOException("Cannot allocate memory", 12)), StringComparison.Ordinal);
        Assert.Equal("5 bytes", MemoryFailure.Of(new AggregateException(new InsufficientMemoryException("5 bytes"))));
        Assert.Null(MemoryFailure.Of(new IOException("other")));
    }

    private static async Task IsOneLine(string script, params string[] command)
    {
        if (!OperatingSystem.IsLinux())
            return;
        ToolRun run = await ToolProcess.Shell(script, command);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.StartsWith("retnet: out of memory", run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd('\n').Split('\n'));
    }
}
