using System.Text;
using FsCheck;
using FsCheck.Xunit;
using RetNet.Extensions.Core.Generation.Sampling;

namespace RetNet.Extensions.Core.Tests.Generation;

public sealed class StopStringsTests
{
    [Property(MaxTest = 1000)]
    public void Text_in_any_pieces_is_cut_where_the_whole_text_is(byte[] letters, byte[] pieces, byte[][] stops)
    {
        // Two letters only, so that stop strings are found, overlap and are found in part.
        string text = Letters(letters);
        string[] strings = [.. stops.Select(stop => Letters(stop[..Math.Min(stop.Length, 5)])).Where(stop => stop.Length > 0)];
        (string released, bool found) = Release(text, pieces, strings);
        Assert.Equal(Cut(text, strings), (released, found));
    }

    [Theory]
    [InlineData("Hello END world", "END", "Hello ", true)]
    [InlineData("Hello EN", "END", "Hello EN", false)]
    [InlineData("aaab", "aab", "a", true)]
    [InlineData("END", "END", "", true)]
    [InlineData("no stop", "", "no stop", false)]
    [InlineData("xabcd", "abcd|bc", "xa", true)] // bc is complete first
    [InlineData("xabc", "bc|abc", "x", true)] // both are complete at once: the longer one
    [InlineData("Grüße 🐕!", "🐕", "Grüße ", true)]
    public void Text_ends_before_the_stop_string_that_is_complete_first(string text, string stops, string expected, bool found)
    {
        string[] strings = stops.Split('|', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((expected, found), Release(text, [], strings));
        Assert.Equal((expected, found), Release(text, [1], strings));
        Assert.Equal((expected, found), Release(text, [2, 3], strings));
    }

    [Fact]
    public void Only_what_may_begin_a_stop_string_is_held_back()
    {
        StopStrings stops = new(["<end>"]);
        stops.BeginStep();
        stops.Add("a <");
        Assert.Equal("a ", stops.Released.ToString());
        stops.BeginStep();
        stops.Add("en");
        Assert.Equal("", stops.Released.ToString());
        stops.BeginStep();
        stops.Add("t");
        Assert.Equal("<ent", stops.Released.ToString());
    }

    [Fact]
    public void Long_texts_pass_through_a_small_buffer()
    {
        StringBuilder expected = new(), released = new();
        StopStrings stops = new(["never"]);
        for (int i = 0; i < 3000; i++)
        {
            string piece = $"{i} n";
            expected.Append(piece);
            stops.BeginStep();
            stops.Add(piece);
            released.Append(stops.Released);
        }

        stops.BeginStep();
        stops.Finish("");
        Assert.Equal(expected.ToString(), released.Append(stops.Released).ToString());
    }

    private static string Letters(byte[] bytes) => string.Concat(bytes.Select(b => b % 2 == 0 ? 'a' : 'b'));

    // The stop string whose end comes first; of those that end there, the longest.
    private static (string Text, bool Found) Cut(string text, string[] stops)
    {
        for (int end = 1; end <= text.Length; end++)
        {
            string? longest = stops.Where(stop => text[..end].EndsWith(stop, StringComparison.Ordinal)).MaxBy(stop => stop.Length);
            if (longest is not null)
                return (text[..(end - longest.Length)], true);
        }

        return (text, false);
    }

    private static (string Text, bool Found) Release(string text, byte[] pieces, string[] stops)
    {
        StopStrings filter = new(stops);
        StringBuilder released = new();
        int done = 0;
        foreach (byte piece in pieces.Length == 0 ? [] : Enumerable.Repeat(pieces, text.Length).SelectMany(p => p).Take(2 * text.Length))
        {
            int length = Math.Min(piece % 7, text.Length - done);
            filter.BeginStep();
            filter.Add(text.AsSpan(done, length));
            released.Append(filter.Released);
            done += length;
        }

        filter.BeginStep();
        filter.Finish(text.AsSpan(done));
        return (released.Append(filter.Released).ToString(), filter.Found);
    }
}
