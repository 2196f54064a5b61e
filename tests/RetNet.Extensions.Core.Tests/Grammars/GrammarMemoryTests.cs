using RetNet.Extensions.Core.Generation.Constraints;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Tests.Generation;
using RetNet.Extensions.Core.Tests.Tokenizers;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Core.Tests.Grammars;

/// <summary>What grammars hold between texts.</summary>
[Collection(nameof(MemoryTests))]
public class GrammarMemoryTests
{
    private const long MostWorkedOut = 128 << 20;

    [Fact]
    public void A_cache_keeps_what_was_used_last_within_its_bytes()
    {
        GrammarCache<Grammar> cache = new(grammar => grammar, mostBytes: 1 << 20);
        Grammar first = Add(0), often = Add(1);
        Assert.Same(first, Add(0));
        for (int i = 2; i < 200; i++)
        {
            Grammar last = Add(i);
            Assert.Same(often, Add(1));
            Assert.Same(last, Add(i));
        }

        Assert.NotSame(first, Add(0));

        Grammar Add(int number) => cache.GetOrAdd($"{number}", () => Grammar.FromRegex($"a{{{number}}}b"));
    }

    [Fact]
    public void A_grammar_that_is_larger_than_the_cache_serves_until_the_next_one()
    {
        GrammarCache<Grammar> cache = new(grammar => grammar, mostBytes: 1);
        Grammar large = cache.GetOrAdd("a", () => Grammar.FromRegex("a"));
        Assert.Same(large, cache.GetOrAdd("a", () => Grammar.FromRegex("a")));
        cache.GetOrAdd("b", () => Grammar.FromRegex("b"));
        Assert.NotSame(large, cache.GetOrAdd("a", () => Grammar.FromRegex("a")));
    }

    [Fact]
    public void The_parts_of_a_grammar_count()
    {
        Grammar part = Grammar.FromRegex(string.Join('|', Enumerable.Range(0, 2_000).Select(i => $"word{i}")));
        Assert.InRange(Grammar.Choice(Grammar.FromRegex("a"), Grammar.Sequence(part, part)).ByteSize, part.ByteSize, 2 * part.ByteSize);
    }

    [Fact]
    public void What_is_known_of_many_grammars_is_forgotten_from_the_oldest_on()
    {
        TokenizerGrammars grammars = TokenizerGrammars.Of(Tokenizer.Load(GoldenTokenizers.File(GoldenTokenizers.Names[0])));
        byte[] letters = [.. Enumerable.Repeat((byte)'b', 5_000)];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        List<TokenConstraint> constraints = [];
        ConstrainedText? first = null;
        for (int i = 0; i < 60; i++)
        {
            TokenConstraint constraint = grammars.Constraint(Grammar.FromRegex($"[a-y]{{5000}}{i}"));
            ConstrainedText text = constraint.CreateText();
            Assert.True(text.TryAppend(letters.AsSpan(0, 4_999)));
            Assert.False(text.MayEnd);
            constraints.Add(constraint);
            first ??= text;
        }

        long known = constraints.Sum(constraint => constraint.HeldBytes);
        Assert.InRange(known, MostWorkedOut / 2, MostWorkedOut + (2 * constraints[^1].HeldBytes));
        Assert.Equal(0, constraints[0].HeldBytes);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 3 * known);

        // A text goes on whose grammar was forgotten.
        Assert.True(first!.TryAppend("b0"u8));
        Assert.True(first.MustEnd);
        GC.KeepAlive(constraints);
    }

    [Fact]
    public void What_is_worked_out_is_limited_while_texts_go_on_and_forgotten_first_where_none_does()
    {
        Tokenizer tokenizer = Tokenizer.Load(GoldenTokenizers.File(GoldenTokenizers.Names[0]));
        TokenTrie trie = new(tokenizer);
        int letter = Enumerable.Range(0, trie.VocabularySize).First(token => trie.Bytes(token).SequenceEqual("b"u8));
        Grammar[] all = [.. Enumerable.Range(0, 60).Select(i => Grammar.FromRegex($"[a-y]{{5000}}z{i}"))];
        TokenConstraint[] constraints = [.. all.Select(TokenizerGrammars.Of(tokenizer).Constraint)];
        Assert.All(constraints, constraint => Assert.True(constraint.HeldBytes > 0));
        TextInGrammar[] texts = [.. all.Select(grammar => new TextInGrammar(tokenizer, grammar, trigger: null, stopTokens: []))];

        foreach (TextInGrammar text in texts)
        {
            for (int i = 0; i < 4_900; i++)
                text.Append(letter);
            if (text != texts[0])
                texts[0].Append(letter);
        }

        long known = constraints.Sum(constraint => constraint.HeldBytes);
        Assert.InRange(known, MostWorkedOut / 2, MostWorkedOut + constraints[^1].HeldBytes);
        Assert.Equal(0, constraints[1].HeldBytes);
        Assert.True(constraints[0].HeldBytes > 0);
    }
}
