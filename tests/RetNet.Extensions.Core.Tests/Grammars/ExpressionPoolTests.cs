using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using RetNet.Extensions.Core.Grammars.Expressions;

namespace RetNet.Extensions.Core.Tests.Grammars;

/// <summary>The algebra against its definition: sets of the texts of up to six letters over two letters.</summary>
public class ExpressionPoolTests
{
    private const int Longest = 6;

    private static readonly string[] Texts = [.. AllTexts()];

    [Property(MaxTest = 500)]
    public Property Every_operator_means_the_set_of_texts_that_mathematics_says() => Prop.ForAll(Trees(4).ToArbitrary(), tree =>
    {
        ExpressionPool pool = new();
        Expression expression = Build(pool, tree);
        HashSet<string> expected = Language(tree);
        foreach (string text in Texts)
            Assert.Equal(expected.Contains(text), pool.Matches(expression, System.Text.Encoding.ASCII.GetBytes(text)));
    });

    [Property(MaxTest = 300)]
    public Property A_language_is_empty_exactly_when_no_text_is_in_it() => Prop.ForAll(Trees(2).ToArbitrary(), tree =>
    {
        ExpressionPool pool = new();
        Expression expression = Build(pool, tree);
        // Trees of this depth have automata so small that a text of theirs, if any, is short.
        bool isEmpty = pool.IsEmpty(expression);
        if (Language(tree).Count > 0)
            Assert.False(isEmpty);
        else if (!isEmpty)
            Assert.Contains(Longer(), text => pool.Matches(expression, text));
    });

    [Property(MaxTest = 300)]
    public Property Laws_hold_as_languages() => Prop.ForAll(Trees(3).ToArbitrary(), Trees(3).ToArbitrary(), (left, right) =>
    {
        ExpressionPool pool = new();
        Expression a = Build(pool, left), b = Build(pool, right);
        AssertEqual(pool, pool.Not(pool.Or(a, b)), pool.And(pool.Not(a), pool.Not(b)));
        AssertEqual(pool, pool.Not(pool.And(a, b)), pool.Or(pool.Not(a), pool.Not(b)));
        AssertEqual(pool, pool.Or(a, pool.And(a, b)), a);
        Assert.Equal(a, pool.Not(pool.Not(a)));
        Assert.Equal(pool.Or(a, b), pool.Or(b, a));
        Assert.True(pool.IsEmpty(pool.And(a, pool.Not(a))));
        Assert.True(pool.IsSubset(pool.And(a, b), a));
        Assert.True(pool.IsSubset(a, pool.Or(a, b)));
        AssertEqual(pool, pool.Repeat(a, 0), pool.Or(pool.Empty, pool.Sequence(a, pool.Repeat(a, 0))));
    });

    [Property(MaxTest = 200)]
    public Property Another_pool_takes_a_language_over() => Prop.ForAll(Trees(4).ToArbitrary(), tree =>
    {
        ExpressionPool source = new(), target = new();
        target.Literal("something else");
        Assert.Equal(Build(target, tree), new ExpressionImport(source, target).Copy(Build(source, tree)));
    });

    [Fact]
    public void Repetitions_are_counted_and_not_written_out()
    {
        ExpressionPool pool = new();
        Expression many = pool.Repeat(pool.Range('a', 'z'), 10, 100_000);
        Assert.True(pool.Count < 20);
        Assert.False(pool.Matches(many, "abcdefghi"u8));
        Assert.True(pool.Matches(many, "abcdefghij"u8));
        byte[] tooMany = new byte[100_001];
        tooMany.AsSpan().Fill((byte)'x');
        Assert.True(pool.Matches(many, tooMany.AsSpan(1)));
        Assert.False(pool.Matches(many, tooMany));
    }

    [Fact]
    public void A_long_text_that_is_left_out_takes_no_deep_stack()
    {
        ExpressionPool pool = new();
        Expression notLong = pool.And(pool.Repeat(pool.AnyByte, 1), pool.Not(pool.Literal(new string('a', 30_000))));
        Assert.NotEqual(notLong, new FiniteLanguages(pool).Without(notLong));
    }

    [Fact]
    public void An_intersection_with_any_byte_keeps_single_bytes()
    {
        ExpressionPool pool = new();
        Assert.Equal(pool.Literal("a"), pool.And(pool.AnyByte, pool.Literal("a")));
        Assert.True(pool.IsEmpty(pool.And(pool.AnyByte, pool.Literal("ab"))));
        Assert.False(pool.Matches(pool.And(pool.AnyByte, pool.Repeat(pool.Literal("ab"), 0), pool.Not(pool.Empty)), "ab"u8));
    }

    [Fact]
    public void Thousands_of_literals_are_a_tree()
    {
        ExpressionPool pool = new();
        byte[][] words = [.. Enumerable.Range(0, 3_000).Select(i => System.Text.Encoding.ASCII.GetBytes($"word-{i * 7919 % 100_003}"))];
        Expression expression = pool.Literals(words);
        Assert.All(words.Where((_, i) => i % 100 == 0), word => Assert.True(pool.Matches(expression, word)));
        Assert.False(pool.Matches(expression, "word-"u8));
        Assert.False(pool.Matches(expression, "word-1000001"u8));
    }

    [Theory]
    [InlineData(1, 0, "0 1 7 10 0.0 12.00", "0.5 01 -1 1. .5 12.01")]
    [InlineData(5, 1, "0 0.5 1.0 1.5 1 22 22.50", "0.4 1.55 1.51")]
    [InlineData(25, 2, "0.25 0.5 0.75 1 100.250", "0.2 0.251 0.3")]
    [InlineData(7, 0, "0 7 14 70 700 777 7.0", "1 8 71 7.7")]
    [InlineData(1_000_003, 0, "0 1000003 2000006", "1000002 1000004 3")]
    public void Multiples_are_decimal_numbers_that_a_divisor_divides(long modulus, int scale, string multiples, string others)
    {
        ExpressionPool pool = new();
        Expression expression = pool.Multiples(modulus, scale);
        Assert.All(multiples.Split(' '), text => Assert.True(pool.Matches(expression, System.Text.Encoding.ASCII.GetBytes(text)), text));
        Assert.All(others.Split(' '), text => Assert.False(pool.Matches(expression, System.Text.Encoding.ASCII.GetBytes(text)), text));
    }

    [Fact]
    public void A_text_that_makes_a_multiple_impossible_is_a_dead_end_at_once()
    {
        ExpressionPool pool = new();
        Expression expression = pool.Multiples(5, 1);
        Assert.True(pool.IsEmpty(pool.Derivative(expression, "1.3"u8)));
        Assert.False(pool.IsEmpty(pool.Derivative(expression, "1."u8)));
    }

    private static void AssertEqual(ExpressionPool pool, Expression left, Expression right) =>
        Assert.True(pool.IsSubset(left, right) && pool.IsSubset(right, left));

    private static IEnumerable<string> AllTexts()
    {
        List<string> last = [""];
        for (int length = 0; length <= Longest; length++)
        {
            foreach (string text in last)
                yield return text;
            last = [.. last.SelectMany(text => new[] { text + "a", text + "b" })];
        }
    }

    /// <summary>All texts of a and b, and of a and c, up to 13 letters.</summary>
    private static IEnumerable<byte[]> Longer() =>
        from other in "bc"
        from length in Enumerable.Range(0, 14)
        from bits in Enumerable.Range(0, 1 << length)
        select Enumerable.Range(0, length).Select(at => (byte)((bits >> at & 1) == 0 ? 'a' : other)).ToArray();

    private static Gen<Tree> Trees(int depth)
    {
        Gen<Tree> leaf = Gen.Elements<Tree>(new Leaf(""), new Leaf("a"), new Leaf("b"), new Leaf("ab"), new AnyLetter());
        if (depth == 0)
            return leaf;
        Gen<Tree> part = Trees(depth - 1);
        Gen<Tree> pairs = from kind in Gen.Choose(0, 2) from left in part from right in part select (Tree)new Pair(kind, left, right);
        Gen<Tree> repeats = from body in part
                            from minimum in Gen.Choose(0, 2)
                            from more in Gen.Choose(0, 3)
                            select (Tree)new Times(body, minimum, more == 3 ? ExpressionPool.Unbounded : minimum + more);
        return Gen.Frequency((1, leaf), (4, pairs), (2, repeats), (1, part.Select(body => (Tree)new Complement(body))));
    }

    private static Expression Build(ExpressionPool pool, Tree tree) => tree switch
    {
        Leaf leaf => pool.Literal(leaf.Text),
        AnyLetter => pool.Range('a', 'b'),
        Pair { Kind: 0 } pair => pool.Sequence(Build(pool, pair.Left), Build(pool, pair.Right)),
        Pair { Kind: 1 } pair => pool.Or(Build(pool, pair.Left), Build(pool, pair.Right)),
        Pair pair => pool.And(Build(pool, pair.Left), Build(pool, pair.Right)),
        Times times => pool.Repeat(Build(pool, times.Body), times.Minimum, times.Maximum),
        _ => pool.Not(Build(pool, ((Complement)tree).Body)),
    };

    private static HashSet<string> Language(Tree tree) => tree switch
    {
        Leaf leaf => [leaf.Text],
        AnyLetter => ["a", "b"],
        Pair { Kind: 0 } pair => Concatenate(Language(pair.Left), Language(pair.Right)),
        Pair { Kind: 1 } pair => [.. Language(pair.Left).Union(Language(pair.Right))],
        Pair pair => [.. Language(pair.Left).Intersect(Language(pair.Right))],
        Times times => Power(Language(times.Body), times.Minimum, times.Maximum),
        _ => [.. Texts.Except(Language(((Complement)tree).Body))],
    };

    private static HashSet<string> Power(HashSet<string> body, int minimum, int maximum)
    {
        HashSet<string> power = [""], all = minimum == 0 ? [""] : [];
        for (int count = 1; count <= Math.Min(maximum, minimum + Longest + 1); count++)
        {
            power = Concatenate(power, body);
            if (count >= minimum)
                all.UnionWith(power);
        }

        return all;
    }

    private static HashSet<string> Concatenate(HashSet<string> left, HashSet<string> right) =>
        [.. from first in left from second in right where first.Length + second.Length <= Longest select first + second];

    public abstract record Tree;

    public sealed record Leaf(string Text) : Tree;

    public sealed record AnyLetter : Tree;

    public sealed record Pair(int Kind, Tree Left, Tree Right) : Tree;

    public sealed record Times(Tree Body, int Minimum, int Maximum) : Tree;

    public sealed record Complement(Tree Body) : Tree;
}
