using System.Text;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Constraints;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Tests.Checkpoints;

namespace RetNet.Extensions.Core.Tests.Generation;

/// <summary>Grammars that begin in the middle of a free text, by an embedded model. What it writes freely is known, so that the triggers
/// are parts of it.</summary>
public sealed class GrammarTriggerTests : IDisposable
{
    private readonly TextModel _model =
        TextModel.Load(Path.Combine(RepositoryFiles.Models, "retnet-tinystories"), new ModelLoadOptions { Threads = 1 });

    private readonly string _free;

    public GrammarTriggerTests() => _free = Generate(Options());

    public void Dispose() => _model.Dispose();

    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 3)]
    [InlineData(4, 2)]
    [InlineData(9, 12)]
    public void The_text_is_free_up_to_the_trigger_and_the_grammars_behind_it(int firstToken, int tokens)
    {
        string before = Free(firstToken), trigger = Free(firstToken + tokens)[before.Length..];

        string text = Generate(Options() with
        {
            Grammar = Grammar.FromRegex("[0-9]{3}(abc|xyz)!"),
            GrammarTrigger = new() { Texts = ["not in the text", trigger] },
        });

        Assert.StartsWith(before + trigger, text, StringComparison.Ordinal);
        Assert.Matches("^[0-9]{3}(abc|xyz)!$", text[(before + trigger).Length..]);
    }

    [Fact]
    public void A_token_that_completes_the_trigger_and_goes_on_otherwise_is_not_chosen()
    {
        string first = Free(1);

        string text = Generate(Options() with { Grammar = Grammar.FromRegex("!"), GrammarTrigger = new() { Texts = [first[..^1]] } });

        Assert.False(text.StartsWith(first, StringComparison.Ordinal));
    }

    [Fact]
    public void A_trigger_that_does_not_come_leaves_the_text_free()
    {
        string text = Generate(Options() with
        {
            Grammar = Grammar.Json(),
            GrammarTrigger = new() { Texts = ["<tool_call>"], Tokens = [4095] }
        });

        Assert.Equal(_free, text);
    }

    [Fact]
    public void A_token_begins_the_grammar()
    {
        int third = Tokens(Options())[2];

        string text = Generate(Options() with { Grammar = Grammar.FromRegex("[0-9]{3}"), GrammarTrigger = new() { Tokens = [third] } });

        Assert.Equal(_model.Tokenizer.Decode(Tokens(Options()).AsSpan(0, 3)), text[..^3]);
        Assert.Matches("[0-9]{3}$", text);
    }

    [Fact]
    public void Behind_the_grammar_the_text_is_free_again_where_it_repeats()
    {
        GenerationOptions options = Options() with
        {
            Grammar = Grammar.FromRegex("[0-9]{3}"),
            GrammarTrigger = new() { Texts = [" a", " the"], Repeats = true },
        };

        string text = Generate(options);

        string[] parts = text.Split([" a", " the"], StringSplitOptions.None);
        Assert.InRange(parts.Length, 3, 100);
        Assert.All(parts[1..^1], part => Assert.Matches("^[0-9]{3}", part));
    }

    [Fact]
    public void A_trigger_at_the_start_counts_only_there()
    {
        GrammarTrigger middle = new() { Texts = [_free[10..14]], OnlyAtStart = true };
        GrammarTrigger start = new() { Texts = [Free(2).TrimStart()], OnlyAtStart = true };
        Grammar grammar = Grammar.FromRegex("[0-9]{3}");

        Assert.Equal(_free, Generate(Options() with { Grammar = grammar, GrammarTrigger = middle }));
        Assert.Matches($"^\\s*{start.Texts[0]}[0-9]{{3}}$", Generate(Options() with { Grammar = grammar, GrammarTrigger = start }));
    }

    [Theory]
    [InlineData("<think>", "<think>[a]</think>b [a]", "<think>[a]</think>b [")]
    [InlineData("<think>", " \n<think>a < b </</thin[ </think>[a]", " \n<think>a < b </</thin[ </think>[")]
    [InlineData("<think>", "<think>never [ closed </think", null)]
    [InlineData("<think>", "<thin[", "<thin[")]
    [InlineData("<think>", "a <think> [", "a <think> [")]
    [InlineData("<think>", " [", " [")]
    [InlineData("<think>", "<think>a</think><think> [", "<think>a</think><think> [")]
    [InlineData("", "[a] </think> [", "[a] </think> [")]
    [InlineData("", "<think>[a]", null)]
    [InlineData("<think>", "<tool>", "<tool>")]
    [InlineData("<think>", "<think><tool></think><t<tool>", "<think><tool></think><t<tool>")]
    public void A_passage_at_the_beginning_may_be_skipped(string open, string text, string? begins) =>
        Assert.Equal(begins, UpToTheGrammar(new GrammarTrigger { Texts = ["[", "<tool>"] }.SkippingFirst(open, "</think>"), text));

    [Theory]
    [InlineData("<think>", "<think>[a]</think>\n[", "<think>[a]</think>\n[")]
    [InlineData("<think>", "<think>a</think>b [", null)]
    [InlineData("<think>", "\n[", "\n[")]
    [InlineData("<think>", "<thin[", null)]
    [InlineData("", "[a]</think>[", "[a]</think>[")]
    public void The_beginning_is_that_behind_the_skipped_passage(string open, string text, string? begins) => Assert.Equal(
        begins, UpToTheGrammar(new GrammarTrigger { Texts = ["["], OnlyAtStart = true }.SkippingFirst(open, "</think>"), text));

    [Theory]
    [InlineData("<think>", "<think>a")]
    [InlineData("", "a")]
    public void A_token_within_a_skipped_passage_begins_nothing(string open, string before)
    {
        TriggerAutomaton automaton = Automaton(new GrammarTrigger { Tokens = [4095] }.SkippingFirst(open, "</think>"));
        int state = automaton.Beginning;
        foreach (int token in _model.Tokenizer.Encode(before, addSpecialTokens: false))
            Assert.False(automaton.Read(ref state, token, out _));

        Assert.False(automaton.Read(ref state, 4095, out _));
        foreach (int token in _model.Tokenizer.Encode("</think>", addSpecialTokens: false))
            Assert.False(automaton.Read(ref state, token, out _));
        Assert.True(automaton.Read(ref state, 4095, out _));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    public void A_trigger_has_something_to_look_for(int empty, int tokens)
    {
        GrammarTrigger trigger = new() { Texts = [.. Enumerable.Repeat("", empty)], Tokens = new int[tokens] };

        Assert.Throws<ArgumentException>(() => Generate(Options() with { Grammar = Grammar.Json(), GrammarTrigger = trigger }));
    }

    [Fact]
    public void Looking_for_what_may_follow_writes_no_tokens()
    {
        const int left = 500;
        TokenTrie vocabulary = new([.. Enumerable.Range(0, 200).Select(i => Encoding.UTF8.GetBytes($"<{(i % 2 == 0 ? "a" : "x")}{i}"))]);
        TriggerAutomaton automaton = new(
            new TokenConstraint(Grammar.FromRegex("a[0-9]+"), vocabulary, endTokens: []), vocabulary, new GrammarTrigger { Texts = ["<"] });
        TextWork work = new();
        work.Take(GrammarLimits.WorkOfText - left);

        Assert.False(automaton.Allowed(automaton.Beginning, work).IsEmpty);

        Assert.Throws<GrammarException>(() => work.Take(left + 1));
    }

    /// <summary>The text up to where the grammar begins, read in single bytes; null if it does not.</summary>
    private static string? UpToTheGrammar(GrammarTrigger trigger, string text)
    {
        TriggerAutomaton automaton = new(new TokenConstraint(Grammar.FromRegex("a"), TokenTrie.SingleBytes, endTokens: []),
            TokenTrie.SingleBytes, trigger);
        int state = automaton.Beginning;
        int end = text.TakeWhile(character => !automaton.Read(ref state, character, out _)).Count();
        return end < text.Length ? text[..(end + 1)] : null;
    }

    private TriggerAutomaton Automaton(GrammarTrigger trigger) =>
        TokenizerGrammars.Of(_model.Tokenizer).Trigger(Grammar.FromRegex("a"), trigger);

    /// <summary>The text of the first tokens without a grammar.</summary>
    private string Free(int tokens) => _model.Tokenizer.Decode(Tokens(Options()).AsSpan(0, tokens));

    private static GenerationOptions Options() => new() { MaxTokens = 120, Sampling = SamplingOptions.Greedy };

    private string Generate(GenerationOptions options) => Result(options).Text;

    private int[] Tokens(GenerationOptions options) => [.. Result(options).Tokens];

    private GenerationResult Result(GenerationOptions options) => _model.CreateGenerator().Generate(
        new GenerationRequest(_model.Chat.Encode([new("user", "Tell me a story about a dog.")]), options));
}
