using System.Diagnostics;
using System.Runtime.ExceptionServices;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Kernels.Threads;

/// <summary>The threads of a <see cref="WorkerPool"/> and what they share. The threads refer to this object only, so that a pool that was
/// not disposed can be garbage-collected.</summary>
/// <remarks>
/// Threads claim pieces of a range one by one, smaller ones towards its end, so they finish together, and a thread that the system holds up
/// delays one piece, not the region: a helper that wakes too late finds nothing left and is not waited for. One region at a time uses the
/// helpers; a second caller meanwhile computes its region alone. A region allocates nothing. An idle helper spins for some microseconds and
/// then sleeps.
/// When other processes keep the processors busy, a helper may be held up inside a piece, and the region with it, for some milliseconds.
/// That helper then rests for a while: fewer threads on processors of their own are faster than many that wait for each other.
/// </remarks>
internal sealed unsafe class WorkerCrew
{
    private const int SpinsBeforeSleep = 300;

    // How long the caller waits for a helper, beyond twice the time of its own work in the region, before it considers the helper held up.
    private static readonly long Patience = Stopwatch.Frequency / 2_000;
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(25);

    private readonly SemaphoreSlim _wake = new(0);
    private readonly Thread[] _helpers;

    // For each helper, whether it is inside a region and whether it rests next.
    private readonly bool[] _inside;
    private readonly bool[] _rests;
    private delegate*<void*, int, int, void> _body;
    private void* _job;
    private int _count;
    private int _next;
    private int _busy;
    private int _open;
    private int _regions;
    private int _active;
    private int _sleeping;
    private Exception? _failure;
    private volatile bool _stopped;

    /// <summary>Starts the threads, except the caller's: all or, if memory is short, none.</summary>
    public WorkerCrew(int threads)
    {
        Threads = threads;
        _helpers = new Thread[threads - 1];
        (_inside, _rests) = (new bool[threads - 1], new bool[threads - 1]);
        try
        {
            for (int i = 0; i < _helpers.Length; i++)
            {
                int helper = i;
                _helpers[i] = new Thread(() => Help(helper)) { IsBackground = true, Name = $"RetNet worker {i + 1}" };
                _helpers[i].Start();
            }
        }
        catch (OutOfMemoryException)
        {
            Stop(wait: false);
            throw;
        }
    }

    public int Threads { get; }

    /// <inheritdoc cref="WorkerPool.For{TJob}"/>
    public void For<TJob>(int count, long cost, TJob job)
        where TJob : unmanaged, IRangeJob
    {
        const long worthSharing = 40_000;
        if (_helpers.Length == 0 || count < 2 || cost < worthSharing || !TryReserve())
        {
            job.Run(0, count);
            return;
        }

        long start = Stopwatch.GetTimestamp();
        _body = &Invoke<TJob>;
        _job = &job;
        _count = count;
        _next = 0;
        int region = _regions = _regions == int.MaxValue ? 1 : _regions + 1;
        Interlocked.Exchange(ref _open, region);
        if (Volatile.Read(ref _sleeping) > 0 && Interlocked.Exchange(ref _sleeping, 0) is > 0 and int sleeping)
            _wake.Release(sleeping);
        Claim();

        // No helper may enter any more; wait for those that are inside.
        Interlocked.Exchange(ref _open, 0);
        if (Volatile.Read(ref _active) != 0)
            WaitForHelpers(start);
        Exception? failure = Interlocked.Exchange(ref _failure, null);
        Release();
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);
    }

    /// <summary>Takes the helpers: until <see cref="Release"/> regions are computed on the threads that start them.</summary>
    /// <returns>False if another caller has them.</returns>
    public bool TryReserve() => Interlocked.CompareExchange(ref _busy, 1, 0) == 0;

    /// <summary>Gives the helpers back.</summary>
    public void Release() => Volatile.Write(ref _busy, 0);

    /// <summary>Ends the threads. No region may be running.</summary>
    /// <param name="wait">Whether to wait until they have.</param>
    public void Stop(bool wait)
    {
        if (_stopped)
            return;
        _stopped = true;
        _wake.Release(Math.Max(1, _helpers.Length));
        if (!wait)
            return;
        foreach (Thread helper in _helpers)
            helper.Join();
        _wake.Dispose();
    }

    private static void Invoke<TJob>(void* job, int from, int to)
        where TJob : unmanaged, IRangeJob => ((TJob*)job)->Run(from, to);

    private void Help(int helper)
    {
        int seen = 0;
        while (!_stopped)
        {
            int region = WaitForRegion(seen);
            if (region == 0)
                continue;
            seen = region;
            Volatile.Write(ref _inside[helper], true);
            Interlocked.Increment(ref _active);

            // Entered in time? The caller closes the region before it reads the number of active helpers.
            if (Volatile.Read(ref _open) == region)
                Claim();
            Volatile.Write(ref _inside[helper], false);
            Interlocked.Decrement(ref _active);
            if (Volatile.Read(ref _rests[helper]))
            {
                Thread.Sleep(Rest);
                Volatile.Write(ref _rests[helper], false);
            }
        }

        ThreadScratch.Release();
    }

    /// <summary>Waits for a region other than the one seen last; 0 after a wake-up, so that the caller looks again.</summary>
    private int WaitForRegion(int seen)
    {
        for (int spin = 0; spin < SpinsBeforeSleep; spin++)
        {
            int open = Volatile.Read(ref _open);
            if (open != 0 && open != seen)
                return open;
            Thread.SpinWait(8);
        }

        // The thread that wakes sleeping helpers resets the count. A helper that did not sleep after all must undo its own increment, or
        // consume its permit.
        Interlocked.Increment(ref _sleeping);
        int late = Volatile.Read(ref _open);
        if ((late == 0 || late == seen) && !_stopped)
        {
            _wake.Wait();
            return 0;
        }

        int sleeping = Volatile.Read(ref _sleeping);
        while (sleeping > 0 && Interlocked.CompareExchange(ref _sleeping, sleeping - 1, sleeping) != sleeping)
            sleeping = Volatile.Read(ref _sleeping);
        if (sleeping == 0)
            _wake.Wait();
        return 0;
    }

    private void WaitForHelpers(long start)
    {
        long worked = Stopwatch.GetTimestamp();
        long limit = worked + (2 * (worked - start)) + Patience;
        bool isPatient = true;
        SpinWait spin = default;
        while (Volatile.Read(ref _active) != 0)
        {
            if (isPatient && Stopwatch.GetTimestamp() > limit)
            {
                isPatient = false;
                for (int helper = 0; helper < _inside.Length; helper++)
                    Volatile.Write(ref _rests[helper], Volatile.Read(ref _inside[helper]));
            }

            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    // For rethrows an exception that occurs here, such as one for lack of memory; on a helper's thread it would end the process.
    private void Claim()
    {
        try
        {
            int from = Volatile.Read(ref _next);
            while (from < _count)
            {
                // Half of a fair share of what is left.
                int end = from + Math.Max(1, (_count - from) / (2 * Threads));
                int seen = Interlocked.CompareExchange(ref _next, end, from);
                if (seen == from)
                {
                    _body(_job, from, end);
                    seen = Volatile.Read(ref _next);
                }

                from = seen;
            }
        }
        catch (Exception exception)
        {
            Interlocked.CompareExchange(ref _failure, exception, null);
        }
    }
}
