using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.Rules;
using RetNet.Extensions.Core.Tests.Generation;
using RetNet.Extensions.Core.Tests.Tokenizers;

namespace RetNet.Extensions.Core.Tests.Grammars;

/// <summary>Grammars made to hurt: each works or ends in a <see cref="GrammarException"/>, in bounded memory.</summary>
[Collection(nameof(MemoryTests))]
public class HostileGrammarTests
{
    private const long MostBytes = 64 << 20;

    private static readonly TokenTrie Bytes = new([[], .. Enumerable.Range(0, 256).Select(value => (byte[])[(byte)value])]);

    public static TheoryData<string> Regexes => new(
        new string('(', 10_000) + "a" + new string(')', 10_000),
        new string('(', 150) + "a" + string.Concat(Enumerable.Repeat(")*", 150)),
        "(a|aa)+$",
        "^(a+)+$",
        "(a|b)*a(a|b){1000}",
        "(a|b)*a(a|b){20}c",
        "((a{0,1000}){0,1000}){0,1000}",
        "((((((((((a?){9}){9}){9}){9}){9}){9}){9}){9}){9}){9}",
        "(.{0,1000}x){0,1000}",
        "a{1000000000}",
        "(a?){2000}a{2000}",
        string.Concat(Enumerable.Repeat("a?", 9_000)),
        string.Join('|', Enumerable.Range(0, 4_000).Select(i => $"w{i}")),
        string.Concat(Enumerable.Repeat("(?=.*a)", 40)) + ".*",
        string.Concat(Enumerable.Range(0, 26).Select(i => $"(?=.*{(char)('a' + i)})")) + ".*",
        string.Concat(Enumerable.Range(0, 20).Select(i => $"(?!.*a.{{{i}}}b)")) + ".*c.*",
        "(\\b|a){1000}",
        "(\\ba?){1000000}",
        "[\\p{L}\\p{N}]{1,1000}",
        "(?:(?!" + new string('a', 1_000) + ").)*",
        "(?:(?:(?:(?:(?:^){250}){250}){250}){250}){250}");

    public static TheoryData<string> Grammars => new(
        "root ::= " + new string('(', 100_000) + "\"a\"" + new string(')', 100_000),
        "root ::= \"a\"" + new string('?', 100_000),
        "root ::= " + string.Concat(Enumerable.Repeat("root ", 1_000)),
        "root ::= \"(\" root \")\" root | ",
        "root ::= root | \"a\"",
        "root ::= a\na ::= b\nb ::= a",
        "root ::= \"a\" | root root \"b\"",
        "root ::= \"a\" root root | \"b\"",
        "root ::= (\"a\" root)* \"b\"{0,100000}",
        "root ::= (\"a\" root | \"\"){0,1000000}",
        "root ::= ((\"a\" root)?){100000}",
        string.Concat(Enumerable.Range(0, 1_900).Select(i => $"r{i} ::= r{i + 1} r{i + 1}\n")) + "r1900 ::= \"a\"\nroot ::= r0",
        string.Concat(Enumerable.Range(0, 1_900).Reverse().Select(i => $"r{i} ::= \"x\" r{i + 1} | \"y\" root\n"))
            + "r1900 ::= \"a\"\nroot ::= r0",
        string.Concat(Enumerable.Range(0, 30).Select(i => $"r{i} ::= \"a\" r{i + 1} | \"a\" r{i + 1} root | \"a\"\n"))
            + "r30 ::= \"a\"\nroot ::= r0",
        string.Concat(Enumerable.Range(0, 10_000).Select(i => $"r{i} ::= \"a\"\n")) + "root ::= r0",
        "root ::= \"" + new string('a', 250_000) + "\"",
        "root ::= \"" + new string('a', 200_000) + "\" [b-c] \"d\" root | ",
        "root ::= " + new string('(', 190) + "\"a\"" + string.Concat(Enumerable.Repeat(new string('+', 190) + ")", 190)),
        "root ::= " + new string('(', 190) + "\"a\" root" + string.Concat(Enumerable.Repeat(")" + new string('+', 190), 190)),
        "root ::= \"{\" ws (string \":\" ws root (\",\" ws? string \":\" ws root)*)?{0,1000} \"}\"\n"
            + "string ::= \"\\\"\" [a-z]* \"\\\"\"\nws ::= [ \\t]{0,20}",
        new string('x', 10_000_000));

    [Theory]
    [MemberData(nameof(Regexes))]
    public void A_hostile_expression_is_served_or_refused(string pattern) => Run(() => Grammar.FromRegex(pattern));

    [Theory]
    [MemberData(nameof(Grammars))]
    public void A_hostile_grammar_is_served_or_refused(string grammar) => Run(() => Grammar.FromGbnf(grammar));

    [Fact]
    public void Many_large_classes_of_characters_are_refused()
    {
        string pattern = string.Concat(Enumerable.Range(0, 2_000).Select(i => $"[\\p{{L}}{(char)(0x2500 + i)}]"));
        Assert.Throws<GrammarException>(() => Grammar.FromRegex(pattern));
    }

    [Fact]
    public void A_long_text_needs_bounded_memory()
    {
        ConstrainedText text = new TokenConstraint(Grammar.FromRegex("(a|b)*a(a|b){14}"), Bytes, [0]).CreateText();
        Random random = new(1);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < 50_000; i++)
            Assert.True(text.TryAppend([(byte)"ab"[random.Next(2)]]));
        Assert.True(GC.GetTotalMemory(forceFullCollection: true) - before < MostBytes);
    }

    [Fact]
    public void A_text_ends_that_needs_much_at_each_of_many_steps()
    {
        TokenConstraint constraint = new(
            Grammar.FromRegex("((.*[a-m].{14}[n-z])|(.*[b-p].{17}[c-q])|(.*[d-r].{19}[e-s]))z"),
            new TokenTrie(GoldenTokenizers.ByteLevel), []);
        ConstrainedText text = constraint.CreateText();
        Random random = new(1);
        List<int> written = [];
        GrammarException failure = Assert.Throws<GrammarException>(() =>
        {
            while (written.Count < 60)
            {
                int[] allowed = Tokens(text.AllowedTokens());
                int token = allowed[random.Next(allowed.Length)];
                Assert.True(text.TryAppend(token));
                written.Add(token);
            }
        });
        Assert.Contains("too complex", failure.Reason, StringComparison.Ordinal);
        Assert.True(written.Count > 1);

        // What is known by now costs another text nothing.
        ConstrainedText other = constraint.CreateText();
        foreach (int token in written)
        {
            Assert.Contains(token, Tokens(other.AllowedTokens()));
            Assert.True(other.TryAppend(token));
        }

        Assert.Contains(written[0], Tokens(constraint.CreateText().AllowedTokens()));
    }

    [Fact]
    public void A_stack_for_which_there_was_no_work_left_is_not_taken_for_another()
    {
        ExpressionPool pool = new();
        StackTable stacks = new(pool);
        Terminal letter = new(pool, pool.Literal("a"));
        pool.Work(GrammarLimits.Work);
        Assert.Throws<GrammarException>(() => stacks.Push(letter, below: 0));
        pool.BeginWork();
        Assert.False(stacks.Begin(stacks.Push(letter, below: 0)).MayEnd);
    }

    private static int[] Tokens(ReadOnlySpan<ulong> mask)
    {
        List<int> tokens = [];
        for (int token = 0; token < 64 * mask.Length; token++)
        {
            if ((mask[token >> 6] >> token & 1) != 0)
                tokens.Add(token);
        }

        return [.. tokens];
    }

    /// <summary>Compiles, then writes and asks for masks as a model would.</summary>
    private static void Run(Func<Grammar> create)
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        TokenConstraint? constraint = null;
        try
        {
            constraint = new TokenConstraint(create(), Bytes, [0]);
            ConstrainedText text = constraint.CreateText();
            for (int i = 0; i < 50 && !text.MustEnd; i++)
            {
                ReadOnlySpan<ulong> mask = text.AllowedTokens();
                Assert.True(mask.IndexOfAnyExcept(0UL) >= 0);
                int token = 1 + "abcx()ry1"[i * 7 % 9];
                if ((mask[token >> 6] >> token & 1) == 0)
                    token = Enumerable.Range(0, 257).First(other => (text.AllowedTokens()[other >> 6] >> other & 1) != 0);
                Assert.True(text.TryAppend(token));
                if (text.HasEnded)
                    break;
            }
        }
        catch (GrammarException exception)
        {
            Assert.NotEmpty(exception.Reason);
        }

        Assert.True(GC.GetTotalMemory(forceFullCollection: true) - before < MostBytes);
        GC.KeepAlive(constraint);
    }
}
