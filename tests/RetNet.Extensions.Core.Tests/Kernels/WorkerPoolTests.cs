using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Kernels.Threads;

namespace RetNet.Extensions.Core.Tests.Kernels;

public sealed unsafe class WorkerPoolTests
{
    private const long WorthSharing = long.MaxValue;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(9)]
    public void Every_index_runs_exactly_once_in_every_region(int threads)
    {
        using WorkerPool pool = new(threads);
        for (int region = 0; region < 500; region++)
        {
            int count = (region * 37 % 230) + (region % 3);
            AssertEachOnce(pool, count, WorthSharing);
        }
    }

    [Fact]
    public void Small_work_stays_on_the_callers_thread()
    {
        using WorkerPool pool = new(4);
        int[] threads = new int[50];
        fixed (int* seen = threads)
            pool.For(50, cost: 10, new RecordThread(seen));
        Assert.All(threads, thread => Assert.Equal(Environment.CurrentManagedThreadId, thread));
    }

    [Fact]
    public void Concurrent_callers_each_get_their_own_work_done()
    {
        using WorkerPool pool = new(3);
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ =>
        {
            for (int region = 0; region < 300; region++)
                AssertEachOnce(pool, region % 100, WorthSharing);
        });
    }

    [Fact]
    public void A_job_may_start_a_region_of_its_own()
    {
        using WorkerPool pool = new(3);
        GCHandle handle = GCHandle.Alloc(pool);
        int total = 0;
        for (int region = 0; region < 50; region++)
            pool.For(8, WorthSharing, new Nested(GCHandle.ToIntPtr(handle), &total));
        handle.Free();
        Assert.Equal(50 * 8 * 10, total);
    }

    [Fact]
    public void What_a_job_throws_on_any_thread_reaches_the_caller_and_leaves_the_pool_usable()
    {
        using WorkerPool pool = new(2);
        for (int i = 0; i < 100; i++)
        {
            int unlucky = i * 10;
            Assert.Throws<ArithmeticException>(() => pool.For(1000, WorthSharing, new ThrowOn(unlucky)));
            AssertEachOnce(pool, 100, WorthSharing);
        }
    }

    [Fact]
    public void Pools_come_and_go_without_hanging()
    {
        for (int i = 0; i < 100; i++)
        {
            using WorkerPool pool = new(1 + (i % 4));
            if (i % 2 == 0)
                AssertEachOnce(pool, i, WorthSharing);
        }
    }

    [Fact]
    public void A_pool_has_at_least_one_thread() => Assert.Throws<ArgumentOutOfRangeException>(() => new WorkerPool(0));

    private static void AssertEachOnce(WorkerPool pool, int count, long cost)
    {
        int[] times = new int[count + 1];
        fixed (int* t = times)
            pool.For(count, cost, new CountUp(t));
        Assert.All(times[..count], n => Assert.Equal(1, n));
        Assert.Equal(0, times[count]);
    }

    private readonly struct CountUp(int* times) : IRangeJob
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
                Interlocked.Increment(ref times[i]);
        }
    }

    private readonly struct RecordThread(int* threads) : IRangeJob
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
                threads[i] = Environment.CurrentManagedThreadId;
        }
    }

    private readonly struct Nested(nint pool, int* total) : IRangeJob
    {
        public void Run(int from, int to)
        {
            WorkerPool inner = (WorkerPool)GCHandle.FromIntPtr(pool).Target!;
            for (int i = from; i < to; i++)
                inner.For(10, WorthSharing, new AddOne(total));
        }
    }

    private readonly struct AddOne(int* total) : IRangeJob
    {
        public void Run(int from, int to) => Interlocked.Add(ref *total, to - from);
    }

    private readonly struct ThrowOn(int index) : IRangeJob
    {
        public void Run(int from, int to)
        {
            if (from <= index && index < to)
                throw new ArithmeticException();
        }
    }

    [Fact]
    public void A_pool_that_is_forgotten_is_collected_and_its_threads_end()
    {
        (WeakReference pool, Thread[] threads) = Forget();
        for (int i = 0; i < 50 && (pool.IsAlive || threads.Any(thread => thread.IsAlive)); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Thread.Sleep(20);
        }

        Assert.False(pool.IsAlive);
        Assert.DoesNotContain(threads, thread => thread.IsAlive);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (WeakReference Pool, Thread[] Threads) Forget()
    {
        WorkerPool pool = new(3);
        HashSet<Thread> threads = [];
        pool.For(300, long.MaxValue, (from, to) =>
        {
            lock (threads)
                threads.Add(Thread.CurrentThread);
            Thread.Sleep(1);
        });
        return (new WeakReference(pool), [.. threads.Where(thread => thread != Thread.CurrentThread)]);
    }
}
