using RetNet.Extensions.Core.Kernels.Threads;

namespace RetNet.Extensions.Core.Tests.Kernels;

public sealed class SideWorkTests
{
    [Fact]
    public void The_result_is_that_of_another_thread()
    {
        int caller = Environment.CurrentManagedThreadId;
        using SideWork<int> work = new("test", () => Environment.CurrentManagedThreadId);

        Assert.NotEqual(caller, work.Wait());
        Assert.Equal(work.Wait(), work.Wait());
    }

    [Fact]
    public void What_the_work_throws_is_thrown_to_its_owner()
    {
        using SideWork<int> work = new("test", () => throw new InvalidDataException("broken"));

        Assert.Equal("broken", Assert.Throws<InvalidDataException>(() => work.Wait()).Message);
    }

    [Fact]
    public void Disposing_it_waits_for_its_end()
    {
        using ManualResetEventSlim begun = new(), goOn = new();
        bool isDone = false;
        using Timer timer = new(_ => goOn.Set(), null, Timeout.Infinite, Timeout.Infinite);
        using (new SideWork<int>("test", () =>
        {
            begun.Set();
            goOn.Wait();
            isDone = true;
            return 0;
        }))
        {
            begun.Wait();
            Assert.False(isDone);
            timer.Change(TimeSpan.FromMilliseconds(20), Timeout.InfiniteTimeSpan);
        }

        Assert.True(isDone);
    }
}
