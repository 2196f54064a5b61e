using RetNet.Extensions.Core.Tokenizers.PreTokenization;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tests.Tokenizers;

/// <summary>Patterns of tokenizer files that name characters beyond U+FFFF, as DeepSeek's do.</summary>
public sealed class RegexPatternTests
{
    [Theory]
    [InlineData(@"[A-Za-z𐐀-𐑏]+", "a𐐀b 𝐚x", "a𐐀b|x")]
    [InlineData(@"\s?[A-ZÀ-Ö𐐀-𐑏𐒰-𐓓𞤀-𞥃]+", "Aa À𐐀𞤀𐒰𝐀B", "A| À𐐀𞤀𐒰|B")]
    [InlineData(@"[^𐐀-𐑏 ]+", "a𐐀b 𝐚x", "a|b|𝐚x")]
    [InlineData(@"[𐐀-𐑏]+|\p{L}+", "𐐀𐐁𝐚x", "𐐀𐐁|𝐚x")]
    [InlineData(@"\p{Lu}+", "𐐀𐐨", "𐐀")]
    [InlineData(@"[a😀-]+", "a-😀😁", "a-😀")]
    [InlineData(@"[😀𐐠-𐑏𐐀-𐐯]+", "𐐀𐐟𐐰𐑏😀😁𐑐", "𐐀𐐟𐐰𐑏😀")]
    public void Characters_beyond_the_basic_plane_are_matched(string pattern, string text, string expected)
    {
        List<(int Start, int End)> matches = [];
        new RegexPattern(pattern).FindMatches(text, matches, new TextLimits(text.Length));
        Assert.Equal(expected, string.Join('|', matches.Select(match => text[match.Start..match.End])));
    }

    [Theory]
    [InlineData("[a-𐐀]", "begins before it")]
    [InlineData("[𐐀-z]", "ends before it")]
    [InlineData("[𐐁-𐐀]", "reverse order")]
    [InlineData("[𐐀][𐐁]", "several character classes")]
    [InlineData("[𐀀-󰀀𐀀-󰀀]", "overlap")]
    [InlineData("𐐀+", "a character beyond U+FFFF")]
    public void What_cannot_be_kept_is_refused(string pattern, string reason) =>
        Assert.Contains(reason, Assert.Throws<ArgumentException>(() => new RegexPattern(pattern)).Message, StringComparison.Ordinal);
}
