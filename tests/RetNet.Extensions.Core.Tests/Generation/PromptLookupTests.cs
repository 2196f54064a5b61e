using RetNet.Extensions.Core.Generation.Scheduling;

namespace RetNet.Extensions.Core.Tests.Generation;

public sealed class PromptLookupTests
{
    [Fact]
    public void What_followed_the_longest_common_end_is_guessed()
    {
        PromptLookup lookup = new(4, cost: 0.3f);
        lookup.Append([1, 2, 3, 4, 50, 51, 9, 2, 3, 4, 60, 61, 7, 1, 2, 3, 4]);

        Assert.Equal([50, 51], Guess(lookup, 2));
    }

    [Fact]
    public void Of_equal_ends_the_latest_is_taken()
    {
        PromptLookup lookup = new(4, cost: 0.3f);
        lookup.Append([1, 2, 3, 50, 1, 2, 3, 60, 1, 2, 3]);

        Assert.Equal([60], Guess(lookup, 1));
    }

    [Fact]
    public void A_text_that_repeats_itself_is_guessed_beyond_its_end()
    {
        PromptLookup lookup = new(64, cost: 0.3f);
        lookup.Append([1, 2, 3]);
        for (int i = 0; i < 30; i++)
            lookup.Append([7, 8, 9]);

        Assert.Equal([7, 8, 9, 7, 8, 9, 7, 8], Guess(lookup, 8));
    }

    [Fact]
    public void Nothing_is_guessed_where_the_text_never_ended_so()
    {
        PromptLookup lookup = new(4, cost: 0.3f);
        lookup.Append([1, 2, 3, 4]);

        Assert.Empty(Guess(lookup, 8));
    }

    [Fact]
    public void Guesses_become_longer_while_they_are_right_and_cease_while_they_are_wrong()
    {
        PromptLookup lookup = new(4, cost: 0.3f);
        int[] text = [.. Enumerable.Range(100, 40)];
        lookup.Append(text);
        lookup.Append(text.AsSpan(0, 5));
        int first = Guess(lookup, 15).Length;
        lookup.Append(text.AsSpan(5, 25));
        Assert.InRange(first, 1, 4);
        Assert.Equal(15, Guess(lookup, 15).Length);

        // Every end of two comes again with another token after it.
        for (int i = 0; i < 200; i++)
            lookup.Append([5, 6, 1000 + i]);
        lookup.Append([5, 6]);
        Assert.Empty(Guess(lookup, 15));
    }

    private static int[] Guess(PromptLookup lookup, int most)
    {
        int[] guess = new int[most];
        return guess[..lookup.Guess(guess)];
    }
}
