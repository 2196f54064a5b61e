using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Tests.Memory;

public sealed class MemoryGrantsTests
{
    private const long Megabyte = 1 << 20;

    [Fact]
    public void A_block_beyond_what_is_left_is_refused_and_a_smaller_one_is_not()
    {
        MemoryGrants grants = new(() => 100 * Megabyte);

        Assert.False(Take(grants, (100 * Megabyte) - MemoryGrants.Reserve + 1));
        Assert.True(Take(grants, (100 * Megabyte) - MemoryGrants.Reserve));
        Assert.True(Take(grants, 1));
    }

    [Theory]
    [InlineData(35, true)]
    [InlineData(60, false)]
    public async Task Who_asks_waits_until_the_memory_of_the_one_before_is_taken(long megabytes, bool fits)
    {
        long left = 100 * Megabyte;
        MemoryGrants grants = new(() => Volatile.Read(ref left));
        TaskCompletionSource begun = new();
        using ManualResetEventSlim taken = new();
        Task<bool> first = Task.Run(() => Take(grants, megabytes * Megabyte, () =>
        {
            // Half of the pages are there when the other one asks.
            Interlocked.Add(ref left, -megabytes * Megabyte / 2);
            begun.SetResult();
            taken.Wait();
            Interlocked.Add(ref left, -megabytes * Megabyte / 2);
        }));
        await begun.Task;
        Task<bool> second = Task.Run(() => Take(grants, megabytes * Megabyte));
        taken.Set();

        Assert.True(await first);
        Assert.Equal(fits, await second);
    }

    [Fact]
    public void No_more_is_granted_than_there_is_however_it_is_divided()
    {
        long left = 500 * Megabyte, asked = 0;
        MemoryGrants grants = new(() =>
        {
            asked++;
            return left;
        });

        while (Take(grants, Megabyte))
            left -= Megabyte;

        Assert.InRange(left, MemoryGrants.Reserve, MemoryGrants.Reserve + Megabyte);
        Assert.InRange(asked, 2, 60);
        left += 50 * Megabyte;
        Assert.True(Take(grants, Megabyte));
    }

    [Fact]
    public void Where_nothing_is_known_everything_is_granted()
    {
        MemoryGrants grants = new(() => null);

        Assert.True(Take(grants, long.MaxValue / 4));
        Assert.True(Take(grants, long.MaxValue / 4));
    }

    private static bool Take(MemoryGrants grants, long bytes, Action? take = null)
    {
        using MemoryGrants.Grant grant = grants.Ask(bytes);
        if (grant.IsGiven)
            take?.Invoke();
        return grant.IsGiven;
    }
}
