using BenchmarkDotNet.Attributes;
using RetNet.Extensions.Core.Kernels.Threads;

namespace RetNet.Extensions.Benchmarks.Kernels;

/// <summary>The cost of an empty parallel region: regions right after each other, and one after a pause in which the threads fell
/// asleep.</summary>
public class WorkerPoolBenchmarks : IDisposable
{
    private const int Indices = 64;
    private const long WorthSharing = long.MaxValue;

    private WorkerPool? _pool;

    [Params(0, 1)]
    public int PauseMilliseconds { get; set; }

    [GlobalSetup]
    public void Setup() => _pool = new WorkerPool(Environment.ProcessorCount);

    [Benchmark]
    public void Region()
    {
        if (PauseMilliseconds > 0)
            Thread.Sleep(PauseMilliseconds);
        _pool!.For(Indices, WorthSharing, default(Nothing));
    }

    /// <summary>The pause alone, which is subtracted from the other.</summary>
    [Benchmark]
    public void Pause() => Thread.Sleep(PauseMilliseconds);

    [GlobalCleanup]
    public void Dispose()
    {
        _pool?.Dispose();
        GC.SuppressFinalize(this);
    }

    private readonly struct Nothing : IRangeJob
    {
        public void Run(int from, int to)
        {
        }
    }
}
