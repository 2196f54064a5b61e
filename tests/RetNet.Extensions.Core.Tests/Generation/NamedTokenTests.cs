using System.Text;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Tests.Checkpoints;

namespace RetNet.Extensions.Core.Tests.Generation;

/// <summary>Written rules and triggers that name tokens of the model.</summary>
public sealed class NamedTokenTests : IDisposable
{
    private const int User = 1;
    private const int Assistant = 2;
    private const int End = 4;

    private readonly TextModel _model =
        TextModel.Load(Path.Combine(RepositoryFiles.Models, "llama-tinystories"), new ModelLoadOptions { Threads = 1 });

    public void Dispose() => _model.Dispose();

    [Theory]
    [InlineData(0f)]
    [InlineData(1f)]
    public async Task A_text_has_the_control_tokens_that_its_grammar_names(float temperature)
    {
        GenerationOptions options = new()
        {
            Sampling = new SamplingOptions { Temperature = temperature, Seed = 1 },
            Grammar = Grammar.FromGbnf("root ::= <|user|> name <[2]> \"ok\" <|end|>\nname ::= [a-z]{3}", _model.Tokenizer),
            VisibleTokens = [User, Assistant],
            StopTokens = [End],
        };

        GenerationResult alone = _model.CreateGenerator().Generate(Request(options));
        GenerationResult inBatch = (await _model.Scheduler.GenerateAsync([Request(options)]))[0];

        Assert.Matches("^<\\|user\\|>[a-z]{3}<\\|assistant\\|>ok$", alone.Text);
        Assert.Equal((User, FinishReason.Stop), (alone.Tokens[0], alone.FinishReason));
        Assert.Single(alone.Tokens, Assistant);
        Assert.Equal(alone.Tokens, inBatch.Tokens);
        Assert.Matches("^[a-z]{3}ok$", _model.CreateGenerator().Generate(Request(options with { VisibleTokens = [] })).Text);
    }

    [Fact]
    public void A_control_token_is_not_its_text_and_its_text_is_not_the_token()
    {
        TokenTrie vocabulary = new(_model.Tokenizer);
        ConstrainedText token = Begin("root ::= <|user|>"), text = Begin("root ::= \"<|user|>\""), any = Begin("root ::= .*");

        Assert.False(token.TryAppend("<|user|>"u8));
        Assert.True(token.TryAppend(User));
        Assert.True(token.MustEnd);
        Assert.False(text.TryAppend(User));
        Assert.True(text.TryAppend("<|user|>"u8));
        Assert.False(any.TryAppend(User));

        ConstrainedText Begin(string grammar) =>
            new TokenConstraint(Grammar.FromGbnf(grammar, _model.Tokenizer), vocabulary, [0]).CreateText();
    }

    [Fact]
    public void What_is_no_control_token_is_a_character()
    {
        ConstrainedText text = new TokenConstraint(
            Grammar.FromGbnf("root ::= <|user|> !<|end|>* <|end|>", _model.Tokenizer), new TokenTrie(_model.Tokenizer), [0]).CreateText();

        Assert.True(text.TryAppend(User));
        Assert.True(text.TryAppend(Encoding.UTF8.GetBytes("<|end|> and more, é\n")));
        Assert.False(text.TryAppend(Assistant));
        Assert.True(text.TryAppend(End));
        Assert.True(text.MustEnd);
    }

    [Fact]
    public void Another_token_is_its_text()
    {
        int[] tokens = _model.Tokenizer.Encode(" little", addSpecialTokens: false);
        string grammar = $"root ::= {string.Concat(tokens.Select(token => $"<[{token}]> "))}";

        ConstrainedText text = new TokenConstraint(
            Grammar.FromGbnf(grammar, _model.Tokenizer), new TokenTrie(_model.Tokenizer), [0]).CreateText();

        Assert.True(text.TryAppend(" little"u8));
        Assert.True(text.MustEnd);
    }

    [Theory]
    [InlineData("root ::= \"a\" <|nothing|>", 14, "<|nothing|>")]
    [InlineData("root ::= <[99999]>", 10, "99999")]
    [InlineData("root ::= <[-1]>", 10, "-1")]
    [InlineData("root ::= !<[300]>", 10, "control token")]
    [InlineData("root ::= <|user", 10, "'>'")]
    [InlineData("root ::= !\"a\"", 10, "'<'")]
    public void A_token_that_cannot_be_kept_is_named_with_its_place(string grammar, int column, string reason)
    {
        GrammarException refused = Assert.Throws<GrammarException>(() => Grammar.FromGbnf(grammar, _model.Tokenizer));

        Assert.Equal($"line 1, column {column}", refused.Place);
        Assert.Contains(reason, refused.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sequence_of_control_tokens_begins_the_grammar()
    {
        GenerationOptions options = new()
        {
            Sampling = SamplingOptions.Greedy with { LogitBias = new Dictionary<int, float> { [Assistant] = 1000 } },
            Grammar = Grammar.FromRegex("[0-9]{3}"),
            GrammarTrigger = new() { TokenSequences = [[User, Assistant], [Assistant, Assistant, Assistant]] },
        };

        GenerationResult result = _model.CreateGenerator().Generate(Request(options));

        Assert.Equal([Assistant, Assistant, Assistant], result.Tokens.Take(3));
        Assert.Matches("^[0-9]{3}$", result.Text);
    }

    [Fact]
    public void Text_within_a_sequence_may_come_in_other_tokens()
    {
        int[] free = [.. _model.CreateGenerator().Generate(Request(new() { MaxTokens = 12 })).Tokens];
        int[] letters = [.. _model.Tokenizer.Decode(free.AsSpan(4, 3)).Select(letter => _model.Tokenizer.Encode(
            letter.ToString(), addSpecialTokens: false)[0])];

        GenerationResult result = _model.CreateGenerator().Generate(Request(new()
        {
            Grammar = Grammar.FromRegex("[0-9]{3}"),
            GrammarTrigger = new() { TokenSequences = [letters] },
        }));

        Assert.True(letters.Length > 3);
        Assert.Equal(free[..7], result.Tokens.Take(7));
        Assert.Matches("[0-9]{3}$", result.Text);
    }

    [Fact]
    public void A_sequence_has_tokens_of_the_model()
    {
        Assert.Contains("empty", Failure([]).Message, StringComparison.Ordinal);
        Assert.Contains("99999", Failure([User, 99999]).Message, StringComparison.Ordinal);

        ArgumentException Failure(int[] sequence) => Assert.Throws<ArgumentException>(() => _model.CreateGenerator().Generate(Request(
            new() { Grammar = Grammar.Json(), GrammarTrigger = new() { TokenSequences = [sequence] } })));
    }

    private GenerationRequest Request(GenerationOptions options) => new(
        _model.Chat.Encode([new("user", "Tell me a story about a dog.")]),
        options with { MaxTokens = Math.Min(options.MaxTokens, 60) });
}
