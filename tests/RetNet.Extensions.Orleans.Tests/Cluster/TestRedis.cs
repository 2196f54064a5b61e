using System.Diagnostics;
using System.Net.Sockets;

namespace RetNet.Extensions.Orleans.Tests.Cluster;

/// <summary>A Redis server.</summary>
internal sealed class TestRedis : IAsyncDisposable
{
    private readonly Process _process;

    private TestRedis(Process process, string address) => (_process, Address) = (process, address);

    public string Address { get; }

    public static async Task<TestRedis> StartAsync(string host = "127.0.0.1")
    {
        int port = SiloHost.FreePort();
        Process process = Process.Start(new ProcessStartInfo(
            "redis-server", ["--port", $"{port}", "--bind", host, "--save", "", "--appendonly", "no", "--protected-mode", "no"])
        {
            RedirectStandardOutput = true,
        })!;
        process.BeginOutputReadLine();
        while (true)
        {
            try
            {
                using TcpClient client = new();
                await client.ConnectAsync(host, port);
                return new TestRedis(process, $"{host}:{port}");
            }
            catch (SocketException) when (!process.HasExited)
            {
                await Task.Delay(20);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
