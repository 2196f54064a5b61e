using System.Runtime.InteropServices;

namespace RetNet.Extensions.Core.Kernels.Threads;

/// <summary>A few threads that share the work of one parallel region after another; see <see cref="WorkerCrew"/> for how.</summary>
internal sealed class WorkerPool : IDisposable
{
    private readonly WorkerCrew _crew;

    /// <param name="threads">The number of threads, the caller's included.</param>
    public WorkerPool(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        _crew = new WorkerCrew(threads);
    }

    // The pool was not disposed: its threads end without being waited for.
    ~WorkerPool() => _crew?.Stop(wait: false);

    public int Threads => _crew.Threads;

    /// <summary>The number of threads for the value of an option.</summary>
    /// <param name="threads">0 for one per processor.</param>
    /// <exception cref="ArgumentException">It is negative or above 1024.</exception>
    public static int Resolve(int threads) => threads switch
    {
        0 => Environment.ProcessorCount,
        > 0 and <= 1024 => threads,
        _ => throw new ArgumentException($"Threads is {threads}; expected 0 (one per processor) to 1024."),
    };

    /// <summary>Runs a job over <c>[0, count)</c>, on several threads when it is worth it.</summary>
    /// <param name="count">The number of indices.</param>
    /// <param name="cost">The approximate number of multiply-adds of all indices together: a small job stays on the caller's
    /// thread.</param>
    /// <param name="job">The job; an exception that it throws on any thread is thrown here. It may hold pointers to memory that lives until
    /// the call returns.</param>
    public void For<TJob>(int count, long cost, TJob job)
        where TJob : unmanaged, IRangeJob
    {
        _crew.For(count, cost, job);
        GC.KeepAlive(this);
    }

    /// <summary>Runs a delegate over <c>[0, count)</c>; it allocates, which a decoded token must not.</summary>
    public void For(int count, long cost, Action<int, int> body)
    {
        GCHandle handle = GCHandle.Alloc(body);
        try
        {
            For(count, cost, new DelegateJob(GCHandle.ToIntPtr(handle)));
        }
        finally
        {
            handle.Free();
        }
    }

    /// <summary>Runs short work whose regions are computed on the caller's thread: waking the others would take longer.</summary>
    public void Alone(Action body)
    {
        bool isReserved = _crew.TryReserve();
        try
        {
            body();
        }
        finally
        {
            if (isReserved)
                _crew.Release();
            GC.KeepAlive(this);
        }
    }

    public void Dispose()
    {
        _crew.Stop(wait: true);
        GC.SuppressFinalize(this);
    }

    private readonly struct DelegateJob(nint handle) : IRangeJob
    {
        public void Run(int from, int to) => ((Action<int, int>)GCHandle.FromIntPtr(handle).Target!)(from, to);
    }
}

/// <summary>Work on a range of indices that can be split anywhere: the result of an index depends on that index only.</summary>
internal interface IRangeJob
{
    /// <summary>Works on <c>[from, to)</c>.</summary>
    /// <param name="from">The first index.</param>
    /// <param name="to">The index after the last.</param>
    void Run(int from, int to);
}
