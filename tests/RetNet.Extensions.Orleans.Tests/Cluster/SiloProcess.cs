using System.Diagnostics;
using RetNet.Extensions.Servers;

namespace RetNet.Extensions.Orleans.Tests.Cluster;

/// <summary>A silo in a process of its own.</summary>
internal sealed class SiloProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _errors = [];

    private SiloProcess(ProcessStartInfo start)
    {
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data == SiloProgram.Ready)
                _ready.TrySetResult();
        };
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
                _errors.Add(line.Data ?? "");
        };
        _process.EnableRaisingEvents = true;
        _process.Exited += (_, _) => _ready.TrySetException(new InvalidOperationException($"The silo ended: {Errors}"));
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public bool HasExited => _process.HasExited;

    public string Errors
    {
        get
        {
            lock (_errors)
                return string.Join('\n', _errors);
        }
    }

    /// <param name="cluster">The id of the cluster.</param>
    /// <param name="redis">The address and port of Redis.</param>
    /// <param name="address">The silo's own address.</param>
    /// <param name="within">The program and arguments that run the silo, such as <c>ip netns exec NAME</c>; none for itself.</param>
    public static SiloProcess Start(string cluster, string redis, string address = "127.0.0.1", params string[] within)
    {
        string[] command = [.. within, "dotnet", "exec", typeof(SiloProcess).Assembly.Location, cluster, address,
            $"{FreePort.Find()}", $"{FreePort.Find()}", redis];
        return new SiloProcess(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        });
    }

    public Task WaitUntilReadyAsync() => _ready.Task.WaitAsync(TimeSpan.FromMinutes(2));

    /// <summary>Ends the process as a crash does (SIGKILL).</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }
}
