using System.Diagnostics;
using System.Text.Json;

namespace RetNet.Extensions.Tool.Tests.Serving;

/// <summary><c>retnet serve</c> as a process of its own, on a free port.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ServerProcess(Process process, Uri address)
    {
        _process = process;
        Client = new HttpClient { BaseAddress = address };
    }

    public HttpClient Client { get; }

    /// <summary>Starts it and waits until it says that it listens.</summary>
    public static async Task<ServerProcess> StartAsync(params string[] arguments)
    {
        Process process = Process.Start(ToolProcess.StartInfo(["serve", .. arguments, "--json"]))!;
        if (await process.StandardOutput.ReadLineAsync() is not { } line)
            throw new InvalidOperationException(await process.StandardError.ReadToEndAsync());
        string url = JsonDocument.Parse(line).RootElement.GetProperty("urls")[0].GetString()!;
        return new ServerProcess(process, new Uri(url.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal)));
    }

    /// <summary>Asks it to end, without waiting for that.</summary>
    public async Task TerminateAsync()
    {
        // Not SIGINT, which a test run in the background of a shell ignores and hands on ignored.
        using Process kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit code, and what it wrote besides.</returns>
    public async Task<ToolRun> EndAsync()
    {
        Task<string> output = _process.StandardOutput.ReadToEndAsync();
        Task<string> error = _process.StandardError.ReadToEndAsync();
        await _process.WaitForExitAsync();
        return new ToolRun(_process.ExitCode, await output, await error);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
