using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Tests.Memory;

public sealed class MemoryGrantsTests
{
    private const long Megabyte = 1 << 20;

    [Fact]
    public void A_block_beyond_what_is_left_is_refused_and_a_smaller_one_is_not()
    {
        MemoryGrants grants = new(() => 100 * Megabyte);

        Assert.False(grants.Grants((100 * Megabyte) - MemoryGrants.Reserve + 1));
        Assert.True(grants.Grants((100 * Megabyte) - MemoryGrants.Reserve));
        grants.Keep((100 * Megabyte) - MemoryGrants.Reserve);
        Assert.True(grants.Grants(1));
    }

    [Fact]
    public void What_is_promised_and_not_yet_taken_is_not_granted_again()
    {
        MemoryGrants grants = new(() => 100 * Megabyte);

        Assert.True(grants.Grants(60 * Megabyte));
        Assert.False(grants.Grants(60 * Megabyte));
        grants.Keep(60 * Megabyte);
        Assert.True(grants.Grants(60 * Megabyte));
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

        while (grants.Grants(Megabyte))
        {
            left -= Megabyte;
            grants.Keep(Megabyte);
        }

        Assert.InRange(left, MemoryGrants.Reserve, MemoryGrants.Reserve + Megabyte);
        Assert.InRange(asked, 2, 60);
        left += 50 * Megabyte;
        Assert.True(grants.Grants(Megabyte));
    }

    [Fact]
    public void Where_nothing_is_known_everything_is_granted()
    {
        MemoryGrants grants = new(() => null);

        Assert.True(grants.Grants(long.MaxValue / 4));
        Assert.True(grants.Grants(long.MaxValue / 4));
    }
}
