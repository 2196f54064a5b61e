using System.Diagnostics;
using System.Globalization;
using RetNet.Extensions.Benchmarks.Machine;
using RetNet.Extensions.Servers;

namespace RetNet.Extensions.Benchmarks.Serving;

/// <summary>A server of models in a process of its own, which listens on a free port of the loopback interface.</summary>
internal sealed class ServerProcess : IDisposable
{
    /// <summary>Where <c>retnet serve</c> says that its models are loaded.</summary>
    public const string OurHealth = "/health/ready";

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(5);

    private readonly Process _process;

    /// <summary>Starts the process, and waits until it is ready.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments for a port.</param>
    /// <param name="ready">Where it says that it is ready, such as <c>/health</c>.</param>
    /// <param name="timeout">Of a request; null for five minutes.</param>
    public ServerProcess(string program, Func<int, IEnumerable<string>> arguments, string ready, TimeSpan? timeout = null)
    {
        int port = FreePort.Find();
        Client = new HttpClient
        {
            BaseAddress = new Uri($"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}"),
            Timeout = timeout ?? TimeSpan.FromMinutes(5),
        };
        long start = Stopwatch.GetTimestamp();
        _process = Process.Start(new ProcessStartInfo(program, arguments(port)) { RedirectStandardOutput = true })!;
        _process.OutputDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        try
        {
            WaitUntilReady(program, ready);
            Startup = Stopwatch.GetElapsedTime(start);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Asks it.</summary>
    public HttpClient Client { get; }

    /// <summary>From the start of the process until it was ready, to some milliseconds.</summary>
    public TimeSpan Startup { get; }

    /// <summary>The largest resident memory so far, in bytes; 0 on systems other than Linux.</summary>
    public long PeakMemory => ProcessMemory.Peak(_process.Id);

    /// <summary>The resident memory, in bytes; 0 on systems other than Linux.</summary>
    public long ResidentMemory => ProcessMemory.Resident(_process.Id);

    public void Dispose()
    {
        Client.Dispose();
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private void WaitUntilReady(string program, string ready)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromMinutes(2))
        {
            if (_process.HasExited)
                throw new InvalidOperationException($"{program} ended with {_process.ExitCode}; expected it to serve the model.");
            try
            {
                using HttpResponseMessage health = Client.GetAsync(new Uri(ready, UriKind.Relative)).Result;
                if (health.IsSuccessStatusCode)
                    return;
            }
            catch (AggregateException exception) when (exception.InnerException is HttpRequestException)
            {
                // Nothing listens yet.
            }

            Thread.Sleep(Poll);
        }

        throw new TimeoutException($"{program} did not serve {Client.BaseAddress} within two minutes.");
    }
}
