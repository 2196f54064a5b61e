using Microsoft.Extensions.Logging;

namespace RetNet.Extensions.DependencyInjection.Tests;

/// <summary>Holds a load up when its model is there and not yet handed out.</summary>
internal sealed class GateLogger : ILogger<SharedModel>, IDisposable
{
    private int _loads;

    public ManualResetEventSlim Inside { get; } = new();

    public ManualResetEventSlim Open { get; } = new();

    public int Loads => _loads;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        Interlocked.Increment(ref _loads);
        Inside.Set();
        Open.Wait();
    }

    public void Dispose()
    {
        Open.Set();
        Inside.Dispose();
    }
}
