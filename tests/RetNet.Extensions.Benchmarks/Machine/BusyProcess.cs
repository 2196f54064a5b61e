using System.Diagnostics;

namespace RetNet.Extensions.Benchmarks.Machine;

/// <summary>Another process that keeps one core busy as long as this object lives.</summary>
internal sealed class BusyProcess : IDisposable
{
    /// <summary>The hidden command of this program that computes until it is ended.</summary>
    public const string Command = "busy";

    private static readonly TimeSpan MostLife = TimeSpan.FromMinutes(10);

    private readonly Process _process;

    public BusyProcess()
    {
        string program = Environment.ProcessPath!;
        bool isHost = Path.GetFileNameWithoutExtension(program) == "dotnet";
        _process = Process.Start(program, isHost ? [typeof(BusyProcess).Assembly.Location, Command] : [Command]);
        Thread.Sleep(TimeSpan.FromSeconds(1));
    }

    /// <summary>What the other process does. It ends by itself if it is not ended.</summary>
    public static void Run()
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < MostLife)
            Thread.SpinWait(1000);
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
