namespace RetNet.Extensions.Servers;

/// <summary>A server on a free loopback port with its data in a temporary folder. It can be killed and started again on both.</summary>
/// <param name="executable">The name of the executable.</param>
/// <param name="readyLine">A part of the line that it writes when it is ready.</param>
public abstract class TestServer(string executable, string readyLine) : IAsyncDisposable
{
    private const int StartAttempts = 5;
    private ServerProcess? _process;

    /// <summary>The port on 127.0.0.1.</summary>
    public int Port { get; private set; }

    /// <summary>The folder of the data.</summary>
    protected string Folder { get; } = Directory.CreateTempSubdirectory($"retnet-{executable}-").FullName;

    /// <summary>The user that the server runs as; null for the present one.</summary>
    protected virtual string? User => null;

    /// <summary>The process that runs at present.</summary>
    protected ServerProcess Process => _process ?? throw new InvalidOperationException($"{executable} does not run.");

    /// <summary>Ends the server as a crash does (SIGKILL). Its data stay.</summary>
    /// <returns>The end of the server.</returns>
    public async Task KillAsync()
    {
        await Process.DisposeAsync();
        _process = null;
    }

    /// <summary>Starts the server again, on the same port and data.</summary>
    /// <returns>The start of the server.</returns>
    public async Task RestartAsync() => _process = await ServerProcess.StartAsync(executable, Arguments(Port), readyLine, User);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await StopAsync();
            await KillAsync();
        }

        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Starts the server on a free port.</summary>
    /// <returns>The start of the server.</returns>
    protected async Task StartOnFreePortAsync()
    {
        for (int attempt = 1; ; attempt++)
        {
            Port = FreePort.Find();
            try
            {
                await RestartAsync();
                return;
            }
            catch (InvalidOperationException exception) when (attempt < StartAttempts && InUse(exception.Message))
            {
                // Another process was faster.
            }
            catch
            {
                Directory.Delete(Folder, recursive: true);
                throw;
            }
        }
    }

    /// <summary>The arguments of the executable.</summary>
    /// <param name="port">The port to listen on.</param>
    /// <returns>The arguments.</returns>
    protected abstract IReadOnlyList<string> Arguments(int port);

    /// <summary>Ends the server in an orderly way, where a kill would leave something in the system.</summary>
    /// <returns>The end of the server.</returns>
    protected virtual Task StopAsync() => Task.CompletedTask;

    private static bool InUse(string log) => log.Contains("in use", StringComparison.OrdinalIgnoreCase);
}
