using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;

namespace RetNet.Extensions.Servers;

/// <summary>A process that ends with the tests' process, also when that is killed.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private static readonly BlockingCollection<Action> Starts = StartingThread();
    private readonly StringBuilder _log = new();
    private readonly Process _process;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(ProcessStartInfo start, string readyLine)
    {
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Read(line.Data);
        _process.ErrorDataReceived += (_, line) => Read(line.Data);
        _process.Exited += (_, _) =>
        {
            // Only then all that it wrote has been read.
            _process.WaitForExit();
            _ready.TrySetException(new InvalidOperationException($"The server ended before it was ready.\n{this}"));
        };
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();

        void Read(string? line)
        {
            if (line is null)
                return;
            lock (_log)
                _log.AppendLine(line);
            if (line.Contains(readyLine, StringComparison.Ordinal))
                _ready.TrySetResult();
        }
    }

    /// <summary>Starts an executable, and waits until it writes a line.</summary>
    /// <param name="executable">The name of the executable.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="readyLine">A part of the line that it writes when it is ready.</param>
    /// <param name="user">The user that it runs as; null for the present one.</param>
    /// <returns>The process.</returns>
    /// <exception cref="InvalidOperationException">The executable is not installed, or it ended; the message has what it wrote.</exception>
    /// <exception cref="TimeoutException">It was not ready within two minutes.</exception>
    public static async Task<ServerProcess> StartAsync(
        string executable, IReadOnlyList<string> arguments, string readyLine, string? user = null)
    {
        string path = InstalledServer.Find(executable) ?? throw new InvalidOperationException(InstalledServer.WhyMissing(executable));
        List<string> command = [path, .. arguments];
        if (InstalledServer.Find("setpriv") is string setpriv)
        {
            string[] identity = user is null ? [] : ["--reuid", user, "--regid", user, "--init-groups"];
            command = [setpriv, .. identity, "--pdeathsig", "KILL", "--", .. command];
        }

        ProcessStartInfo start = new(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        TaskCompletionSource<ServerProcess> started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Starts.Add(() =>
        {
            try
            {
                started.SetResult(new ServerProcess(start, readyLine));
            }
            catch (Exception exception)
            {
                started.SetException(exception);
            }
        });
        ServerProcess server = await started.Task;
        try
        {
            await server._ready.Task.WaitAsync(TimeSpan.FromMinutes(2));
            return server;
        }
        catch (TimeoutException)
        {
            await server.DisposeAsync();
            throw new TimeoutException($"The server was not ready within two minutes.\n{server}");
        }
    }

    /// <summary>Ends the process as a crash does (SIGKILL).</summary>
    /// <returns>The end of the process.</returns>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    /// <summary>The command and what it wrote.</summary>
    /// <returns>A text of several lines.</returns>
    public override string ToString()
    {
        lock (_log)
            return $"{_process.StartInfo.FileName} {string.Join(' ', _process.StartInfo.ArgumentList)}\n{_log}";
    }

    // Linux kills a child that asked for it (PR_SET_PDEATHSIG) when the thread ends that started it, and threads of the pool do end.
    private static BlockingCollection<Action> StartingThread()
    {
        BlockingCollection<Action> starts = [];
        new Thread(() =>
        {
            foreach (Action start in starts.GetConsumingEnumerable())
                start();
        })
        { IsBackground = true, Name = "Servers of tests" }.Start();
        return starts;
    }
}
