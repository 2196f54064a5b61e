using System.Text;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Grammars.Expressions;

namespace RetNet.Extensions.Core.Tests.Grammars;

/// <summary>Regular expressions against .NET's on short texts, in both forms in which texts are written.</summary>
public class RegexReaderTests
{
    private static readonly string[] Texts = [.. AllTexts("aB1_ -", 4)];

    [Theory]
    [InlineData("a")]
    [InlineData("^a")]
    [InlineData("a$")]
    [InlineData("^a$")]
    [InlineData("^(a|B)*1?$")]
    [InlineData("(^|-)a")]
    [InlineData("a(-|$)")]
    [InlineData("^a|1$")]
    [InlineData("^$|a")]
    [InlineData("(?:a|^B)1")]
    [InlineData("^[a-b]{2,3}$")]
    [InlineData("^[^a]{2}")]
    [InlineData("\\w\\W\\d")]
    [InlineData("^\\w+$")]
    [InlineData("\\ba")]
    [InlineData("a\\b")]
    [InlineData("\\ba\\b")]
    [InlineData("\\Ba\\B")]
    [InlineData("^\\b")]
    [InlineData("\\s\\S")]
    [InlineData("^(?=.*1)(?=.*a).*$")]
    [InlineData("^(?!a)")]
    [InlineData("^(?!.*a1)")]
    [InlineData("^(?!a$)(?!B).+$")]
    [InlineData("a(?!1)")]
    [InlineData("a(?=1|$)")]
    [InlineData("^(?:(?!a1).)*$")]
    [InlineData("^((?!1).)+$")]
    [InlineData("(a{1,2}){2}")]
    [InlineData("^(a+)+$")]
    [InlineData("^a*?1+?$")]
    [InlineData("^(?<name>a)1")]
    [InlineData("")]
    [InlineData("|a")]
    [InlineData("^.{2,}$")]
    [InlineData("[\\d_]a")]
    [InlineData("^[\\w-]+$")]
    [InlineData("a{,2}")]
    [InlineData("(^a)?1")]
    [InlineData("^(a\\b|1)-")]
    public void A_search_finds_what_ECMAScript_finds(string pattern)
    {
        Regex reference = new(pattern, RegexOptions.CultureInvariant);
        ExpressionPool pool = new();
        Expression plain = RegexReader.Search(new TextExpressions(pool, TextForm.Plain), pattern);
        Expression json = RegexReader.Search(new TextExpressions(pool, TextForm.JsonString), pattern);
        foreach (string text in Texts)
        {
            Assert.True(reference.IsMatch(text) == pool.Matches(plain, Encoding.UTF8.GetBytes(text)), $"'{text}' plain");
            Assert.True(reference.IsMatch(text) == pool.Matches(json, Encoding.UTF8.GetBytes(text)), $"'{text}' in JSON");
        }
    }

    [Property(MaxTest = 300)]
    public Property A_random_pattern_finds_what_NET_finds() => Prop.ForAll(Patterns(3).ToArbitrary(), pattern =>
    {
        Regex reference = new(pattern, RegexOptions.CultureInvariant);
        ExpressionPool pool = new();
        Expression expression = RegexReader.Search(new TextExpressions(pool, TextForm.Plain), pattern);
        foreach (string text in Texts.Where((_, i) => i % 7 == pattern.Length % 7))
            Assert.True(reference.IsMatch(text) == pool.Matches(expression, Encoding.UTF8.GetBytes(text)), $"'{text}' of {pattern}");
    });

    [Property(MaxTest = 200)]
    public Property A_text_that_a_pattern_writes_comes_to_an_end_and_matches_it() => Prop.ForAll(Patterns(3).ToArbitrary(), pattern =>
    {
        if (Compile(pattern) is not { } constraint)
            return;
        Regex reference = new($"\\A(?:{pattern})\\z", RegexOptions.CultureInvariant);
        Random random = new(pattern.Length);
        ConstrainedText text = constraint.CreateText();
        List<byte> written = [];
        while (!text.MustEnd && written.Count < 12 && !(text.MayEnd && random.Next(3) == 0))
        {
            ulong[] mask = text.AllowedTokens().ToArray();
            int[] allowed = [.. Enumerable.Range(0, 256).Where(value => (mask[value >> 6] >> value & 1) != 0)];
            Assert.Equal(Enumerable.Range(0, 256).Where(value => text.Fork().TryAppend([(byte)value])), allowed);
            Assert.True(allowed.Length > 0, $"{pattern} after '{Encoding.Latin1.GetString([.. written])}'");
            int[] usual = [.. allowed.Where(value => "aB1_ -".Contains((char)value))];
            if (usual.Length == 0)
                break;
            byte next = (byte)usual[random.Next(usual.Length)];
            Assert.True(text.TryAppend([next]));
            written.Add(next);
            string sofar = Encoding.ASCII.GetString([.. written]);
            Assert.True(reference.IsMatch(sofar) == text.MayEnd, $"'{sofar}' of {pattern}");
        }
    });

    [Theory]
    [InlineData("\\p{L}+", "aÄжx漢", "1")]
    [InlineData("\\p{Lu}", "Ä", "ä")]
    [InlineData("\\P{L}", "1", "a")]
    [InlineData("[\\p{N}x]", "x", "y")]
    [InlineData("\\u{1F600}", "😀", "😁")]
    [InlineData("\\uD83D\\uDE00", "😀", "😁")]
    [InlineData("\\u00e4\\xe4", "ää", "a")]
    [InlineData(".", "😀", "\n")]
    [InlineData("[^a]", "😀", "a")]
    [InlineData("\\cJ\\t\\/\\-\\.", "\n\t/-.", "J")]
    [InlineData("[\\b]", "\b", "b")]
    [InlineData("[😀-😃]{2}", "😁😂", "😁")]
    [InlineData("\\s", "\u00a0", "x")]
    [InlineData("a{", "a{", "a")]
    [InlineData("[]a]", "", "a")]
    public void A_match_covers_the_whole_text(string pattern, string match, string other)
    {
        ExpressionPool pool = new();
        foreach (TextForm form in Enum.GetValues<TextForm>())
        {
            if (pattern == "[]a]")
            {
                // An empty class, then "a]": nothing matches.
                Assert.True(pool.IsEmpty(RegexReader.Match(new TextExpressions(pool, form), pattern)));
                return;
            }

            Expression expression = RegexReader.Match(new TextExpressions(pool, form), pattern);
            Assert.True(pool.Matches(expression, Written(match, form)));
            Assert.False(pool.Matches(expression, Written(other, form)));
        }
    }

    [Theory]
    [InlineData("(a", 0, "closing")]
    [InlineData("a)", 1, "opening")]
    [InlineData("[a", 0, "bracket")]
    [InlineData("a**", 3, "quantifier")]
    [InlineData("*a", 0, "nothing to repeat")]
    [InlineData("a{3,2}", 1, "out of order")]
    [InlineData("[b-a]", 1, "out of order")]
    [InlineData("(a)\\1", 3, "backreference")]
    [InlineData("(?<=a)b", 0, "lookbehind")]
    [InlineData("(?<!a)b", 0, "lookbehind")]
    [InlineData("(?i)a", 0, "(?i")]
    [InlineData("\\p{Klingon}", 0, "Klingon")]
    [InlineData("\\A", 0, "\\A")]
    [InlineData("a\\", 1, "backslash")]
    [InlineData("^(\\ba)*$", 6, "assertion")]
    public void What_no_regular_language_has_is_refused_by_name_and_position(string pattern, int position, string reason)
    {
        GrammarException exception = Assert.Throws<GrammarException>(() =>
            RegexReader.Search(new TextExpressions(new ExpressionPool(), TextForm.Plain), pattern));
        Assert.EndsWith($"position {position}", exception.Place, StringComparison.Ordinal);
        Assert.Contains(reason, exception.Reason, StringComparison.Ordinal);
    }

    private static TokenConstraint? Compile(string pattern)
    {
        try
        {
            return new TokenConstraint(Grammar.FromRegex(pattern), TokenTrie.SingleBytes);
        }
        catch (GrammarException exception) when (exception.Reason == "it matches no text")
        {
            return null;
        }
    }

    private static byte[] Written(string text, TextForm form) => form == TextForm.Plain ? Encoding.UTF8.GetBytes(text)
        : [.. System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(text).AsSpan()[1..^1]];

    private static IEnumerable<string> AllTexts(string letters, int longest)
    {
        List<string> last = [""];
        for (int length = 0; length <= longest; length++)
        {
            foreach (string text in last)
                yield return text;
            last = [.. last.SelectMany(text => letters.Select(letter => text + letter))];
        }
    }

    private static Gen<string> Patterns(int depth)
    {
        Gen<string> leaf = Gen.Elements("a", "B", "1", ".", "\\d", "\\w", "\\W", "[a1]", "[^a]", "-", "^", "$", "\\b", "\\B");
        if (depth == 0)
            return leaf;
        Gen<string> part = Patterns(depth - 1);
        Gen<string> repeated = from body in Gen.Elements("a", "(?:a|1)", "[aB]", "(?:aB?)", ".")
                               from times in Gen.Elements("*", "+", "?", "{2}", "{1,2}")
                               select body + times;
        return Gen.Frequency((2, leaf), (4, from left in part from right in part select left + right),
            (2, from left in part from right in part select $"(?:{left}|{right})"), (2, repeated), (1,
                from body in part select $"(?={body})"),
            (1, from body in part select $"(?!{body})"));
    }
}
