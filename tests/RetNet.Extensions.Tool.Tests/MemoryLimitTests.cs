namespace RetNet.Extensions.Tool.Tests;

/// <summary>The command as a process with too little memory for what it is told to do.</summary>
public sealed class MemoryLimitTests
{
    // The tokens of the prompts alone are 4 GiB.
    private static readonly string[] Large = ["bench", TestFiles.Golden("tova-llama"), "--prompt", "1048576", "--batch", "1024"];

    [Theory]
    [InlineData("ulimit -v 6000000; exec \"$@\"")]
    [InlineData("export DOTNET_GCHeapHardLimit=80000000; exec \"$@\"")]
    public async Task Too_little_memory_is_one_line(string script)
    {
        if (!OperatingSystem.IsLinux())
            return;
        ToolRun run = await ToolProcess.Shell(script, Large);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.StartsWith("retnet: out of memory", run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd('\n').Split('\n'));
    }

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
}
