using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.Rules;
using RetNet.Extensions.Core.Tests.Tokenizers;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Core.Tests.Grammars;

/// <summary>Masks against their definition: for each token, its bytes are appended one by one to the text, and some text of the grammar
/// begins with the result.</summary>
public class MaskTests
{
    private static readonly byte[][] Vocabulary =
    [
        [], .. Enumerable.Range(0, 256).Select(value => (byte[])[(byte)value]),
        .. new[]
        {
            "ab", "ba", "aab", "abab", "{\"", "\":", "\": ", "\", \"", "\"}", "[]", "{}", "},", "]]", "10", "1.5", "true", "false", "null",
            "é", "éa", "漢字", "😀", " ", "  ", "\\n", "\\u00e9", "\\", "ab\"", "abcdefghijklm", "a long text without quotes in it",
        }.Select(Encoding.UTF8.GetBytes), [0xC3], [0xA9], [0xF0, 0x9F], [0x98, 0x80], [0xA9, (byte)'a'], [(byte)'a', 0xC3], [(byte)'a'],
    ];

    private static readonly TokenTrie Tokens = new(Vocabulary);

    [Property(MaxTest = 150)]
    public Property A_mask_allows_exactly_the_tokens_that_some_text_has_next() => Prop.ForAll(Shapes(3).ToArbitrary(), shape =>
    {
        HashSet<string> language = shape.Language();
        if (language.Count == 0)
            return;
        TokenConstraint constraint = new(Grammar.Of(shape.Symbol(new ExpressionPool())), Tokens, [0]);
        foreach (string text in language.Order(StringComparer.Ordinal).Take(5))
        {
            for (int length = 0; length <= text.Length; length++)
            {
                ConstrainedText written = constraint.CreateText();
                Assert.True(written.TryAppend(Encoding.Latin1.GetBytes(text[..length])));
                AssertMask(written, token => token == 0 ? language.Contains(text[..length])
                    : language.Any(whole => whole.StartsWith(text[..length] + Encoding.Latin1.GetString(Vocabulary[token]),
                        StringComparison.Ordinal)));
            }
        }
    });

    [Theory]
    [InlineData("{\"a\": [1, 2.5e3, {\"b\": \"x é \\u00e9 😀\"}], \"long text of many letters\": null}")]
    [InlineData("\"a\\\"b\"")]
    [InlineData("[[], {}, [{}]]")]
    [InlineData("-0.1E+2")]
    public void A_mask_of_JSON_is_what_single_bytes_say(string json)
    {
        TokenConstraint constraint = new(Grammar.Json(), Tokens, [0]);
        ConstrainedText text = constraint.CreateText();
        foreach (byte next in Encoding.UTF8.GetBytes(json))
        {
            AssertMask(text, token => token == 0 ? text.MayEnd : text.Fork().TryAppend(Vocabulary[token]));
            Assert.True(text.TryAppend([next]));
        }

        Assert.True(text.MayEnd);
    }

    [Theory]
    [InlineData("[^]*")]
    [InlineData("\"[^\"\\\\\\x00-\\x1F]*\"")]
    [InlineData("\"[^\"\\\\\\x00-\\x1F]{3,12}\"")]
    [InlineData("\"[^\"\\\\\\x00-\\x1F]{0,31}\"")]
    [InlineData("\"(?!(?:name|id|a long text)\")[^\"\\\\\\x00-\\x1F]*\"")]
    [InlineData("\"(?!(?:name|x.*)\")[^\"\\\\\\x00-\\x1F]*\"")]
    [InlineData("\"(?!a)[^\"\\\\\\x00-\\x1F]{2,11}\"")]
    [InlineData("\"(?!.*aa)[^\"\\\\\\x00-\\x1F]*\"")]
    [InlineData("\"(?=.*b)[^\"\\\\\\x00-\\x1F]{0,12}\"")]
    [InlineData("(?:é|[^])(?!.{20})[^\"]*")]
    [InlineData("[a-z ]{0,29}|[^]{12}")]
    [InlineData("(?!a long text of many letters$)[^]{0,40}")]
    [InlineData("zzz|[^]*(?=b)c")]
    public void Whole_slices_are_allowed_exactly_where_each_of_their_tokens_is(string pattern)
    {
        byte[][] vocabulary =
        [
            .. Vocabulary, .. new[] { 9, 10, 11, 12, 29, 30, 31, 40, 60 }.SelectMany(length => new[]
            {
                Encoding.UTF8.GetBytes(new string('a', length)), Encoding.UTF8.GetBytes(new string('é', length)),
                Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("xy z", length))[..length]),
            }),
            "name"u8.ToArray(), "na"u8.ToArray(), "id"u8.ToArray(), "me"u8.ToArray(), "a long text of many letters"u8.ToArray(),
        ];
        TokenConstraint constraint = new(Grammar.FromRegex(pattern), new TokenTrie(vocabulary), [0]);
        Random random = new(7);
        for (int run = 0; run < 10; run++)
        {
            ConstrainedText text = constraint.CreateText();
            for (int i = 0; i < 8 && !text.MustEnd; i++)
            {
                ulong[] mask = text.AllowedTokens().ToArray();
                int[] allowed = [.. Enumerable.Range(1, vocabulary.Length - 1).Where(token => (mask[token >> 6] >> token & 1) != 0)];
                Assert.Equal(Enumerable.Range(1, vocabulary.Length - 1).Where(token => text.Fork().TryAppend(vocabulary[token])), allowed);
                Assert.True(text.TryAppend(allowed[random.Next(allowed.Length)]));
            }
        }
    }

    [Fact]
    public void An_end_token_ends_a_text_that_may_end()
    {
        ConstrainedText text = new TokenConstraint(Grammar.FromRegex("ab?"), Tokens, [0]).CreateText();
        Assert.False(text.TryAppend(0));
        Assert.True(text.TryAppend("a"u8));
        Assert.True(text.MayEnd);
        Assert.False(text.MustEnd);
        ConstrainedText other = text.Fork();
        Assert.True(text.TryAppend("b"u8));
        Assert.True(text.MustEnd);
        Assert.True(text.TryAppend(0));
        Assert.True(text.HasEnded);
        Assert.True(text.AllowedTokens().IndexOfAnyExcept(0UL) < 0);
        Assert.False(other.HasEnded);
        Assert.True(other.TryAppend(1 + 'b'));
    }

    [Fact]
    public void Bytes_are_forced_while_there_is_one_way_on()
    {
        ConstrainedText text = new TokenConstraint(Grammar.FromRegex("(?:abc|abd)e?"), Tokens, [0]).CreateText();
        Span<byte> forced = stackalloc byte[16];
        Assert.Equal("ab", Encoding.UTF8.GetString(forced[..text.ForcedBytes(forced)]));
        Assert.Equal(1, text.ForcedBytes(forced[..1]));
        Assert.True(text.TryAppend("ab"u8));
        Assert.Equal(0, text.ForcedBytes(forced));
        Assert.True(text.TryAppend("c"u8));
        Assert.Equal(0, text.ForcedBytes(forced));
    }

    [Fact]
    public void Nothing_is_allocated_for_a_token_once_its_state_is_known()
    {
        TokenConstraint constraint = new(Grammar.Json(), Tokens, [0]);
        ConstrainedText first = constraint.CreateText(), again = constraint.CreateText();
        byte[] json = "{\"a\": [1, true, {\"b\": \"text\"}]}"u8.ToArray();
        Write(first);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Write(again);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Write(ConstrainedText text)
        {
            Span<byte> forced = stackalloc byte[8];
            foreach (byte next in json)
            {
                text.ForcedBytes(forced);
                if (text.MayEnd || text.AllowedTokens().IsEmpty || !text.TryAppend(1 + next))
                    throw new InvalidOperationException();
            }
        }
    }

    [Fact]
    public async Task Texts_of_one_constraint_are_written_on_many_threads()
    {
        TokenConstraint constraint = new(Grammar.Json(), Tokens, [0]);
        byte[][] texts = [.. Enumerable.Range(
            0, 16).Select(i => Encoding.UTF8.GetBytes($"{{\"{new string((char)('a' + i), i)}\": [{i}, []]}}"))];
        await Parallel.ForEachAsync(Enumerable.Range(0, 64), (i, _) =>
        {
            ConstrainedText text = constraint.CreateText();
            foreach (byte next in texts[i % 16])
                Assert.True((text.AllowedTokens()[1 + next >> 6] >> 1 + next & 1) != 0 && text.TryAppend(1 + next));
            Assert.True(text.MustEnd);
            return ValueTask.CompletedTask;
        });
    }

    [Fact]
    public void The_first_token_is_taken_as_a_decoder_writes_it()
    {
        Tokenizer tokenizer = GoldenTokenizers.SentencePiece;
        TokenTrie vocabulary = new(tokenizer);
        ConstrainedText text = new TokenConstraint(Grammar.FromRegex("The end"), vocabulary).CreateText();
        int[] ids = tokenizer.Encode("The end", addSpecialTokens: false);
        Assert.All(ids, id => Assert.True(text.TryAppend(id)));
        Assert.True(text.MustEnd);
    }

    [Fact]
    public void A_refused_token_changes_nothing()
    {
        ConstrainedText text = new TokenConstraint(Grammar.FromRegex("ab"), Tokens, [0]).CreateText();
        Assert.False(text.TryAppend("aa"u8));
        Assert.False(text.TryAppend(-1));
        Assert.False(text.TryAppend(int.MaxValue));
        Assert.True(text.TryAppend("ab"u8));
    }

    private static void AssertMask(ConstrainedText text, Func<int, bool> isAllowed)
    {
        ulong[] mask = text.AllowedTokens().ToArray();
        for (int token = 0; token < Vocabulary.Length; token++)
            Assert.True((mask[token >> 6] >> token & 1) != 0 == isAllowed(token), $"token {token}");
    }

    private static Gen<Shape> Shapes(int depth)
    {
        Gen<Shape> leaf = Gen.Elements("a", "b", "ab", "", "\u00C3\u00A9", "\"").Select(text => (Shape)new Literal(text));
        if (depth == 0)
            return leaf;
        Gen<Shape> part = Shapes(depth - 1);
        Gen<Shape> series = from left in part from right in part select (Shape)new Series(left, right);
        Gen<Shape> choice = from left in part from right in part select (Shape)new Either(left, right);
        Gen<Shape> times = from body in part
                           from minimum in Gen.Choose(0, 1)
                           from more in Gen.Choose(0, 2)
                           select (Shape)new Times(body, minimum, minimum + more);
        return Gen.Frequency((1, leaf), (3, series), (3, choice), (1, times));
    }

    /// <summary>A small grammar whose texts can be listed; their characters stand for bytes.</summary>
    public abstract record Shape
    {
        internal abstract Symbol Symbol(ExpressionPool pool);

        internal abstract HashSet<string> Language();
    }

    public sealed record Literal(string Text) : Shape
    {
        internal override Symbol Symbol(ExpressionPool pool) => new Terminal(pool, pool.Literal(Encoding.Latin1.GetBytes(Text)));

        internal override HashSet<string> Language() => [Text];
    }

    public sealed record Series(Shape Left, Shape Right) : Shape
    {
        internal override Symbol Symbol(ExpressionPool pool) => new Rule("series", pool, [[Left.Symbol(pool), Right.Symbol(pool)]]);

        internal override HashSet<string> Language() =>
            [.. from left in Left.Language() from right in Right.Language() select left + right];
    }

    public sealed record Either(Shape Left, Shape Right) : Shape
    {
        internal override Symbol Symbol(ExpressionPool pool) => new Rule("either", pool, [[Left.Symbol(pool)], [Right.Symbol(pool)]]);

        internal override HashSet<string> Language() => [.. Left.Language(), .. Right.Language()];
    }

    public sealed record Times(Shape Body, int Minimum, int Maximum) : Shape
    {
        internal override Symbol Symbol(ExpressionPool pool) => Repetition.Of("times", pool, Body.Symbol(pool), Minimum, Maximum);

        internal override HashSet<string> Language()
        {
            HashSet<string> body = Body.Language(), power = [""], all = Minimum == 0 ? [""] : [];
            for (int count = 1; count <= Maximum; count++)
            {
                power = [.. from left in power from right in body select left + right];
                if (count >= Minimum)
                    all.UnionWith(power);
            }

            return all;
        }
    }
}
