using System.Text.Json;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.Gbnf;
using RetNet.Extensions.Core.Grammars.JsonSchemas;
using RetNet.Extensions.Core.Grammars.JsonSchemas.Texts;
using RetNet.Extensions.Core.Grammars.Rules;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Core.Grammars;

/// <summary>
/// The texts that a model may write: a context-free grammar over bytes, independent of any tokenizer. Immutable and thread-safe. A
/// <see cref="TokenConstraint"/> applies it to a vocabulary.
/// </summary>
public sealed class Grammar
{
    private readonly ExpressionPool[] _pools;

    private Grammar(Symbol start, params ReadOnlySpan<Grammar> parts)
    {
        Start = start;
        HashSet<ExpressionPool> pools = [start.Pool];
        foreach (Grammar part in parts)
            pools.UnionWith(part._pools);
        _pools = [.. pools];
    }

    /// <summary>What a text is.</summary>
    internal Symbol Start { get; }

    /// <summary>About the bytes that it holds, without what constraints work out.</summary>
    internal long ByteSize => _pools.Sum(pool => pool.ByteSize);

    /// <summary>Any JSON value.</summary>
    /// <param name="whitespace">White space between its parts.</param>
    public static Grammar Json(JsonWhitespace whitespace = JsonWhitespace.Spaced) =>
        new(new JsonSyntax(new ExpressionPool(), whitespace).AnyValue);

    /// <summary>The texts that a regular expression matches from start to end.</summary>
    /// <param name="pattern">As ECMA-262 (JavaScript) writes it: no flags, Unicode mode.</param>
    /// <exception cref="GrammarException">The pattern is malformed, too complex, matches no text, or has a construct that is not supported:
    /// backreferences, lookbehinds, assertions inside unbounded repetitions.</exception>
    public static Grammar FromRegex(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        ExpressionPool pool = new();
        Expression expression = RegexReader.Match(new TextExpressions(pool, TextForm.Plain), pattern);
        if (pool.IsEmpty(expression))
            throw new GrammarException("regular expression", "it matches no text");
        return new Grammar(new Terminal(pool, expression));
    }

    /// <summary>The texts that written rules allow, beginning with the rule <c>root</c>.</summary>
    /// <param name="grammar">In the notation of llama.cpp (GBNF): literals, character classes, <c>.</c>, groups, <c>|</c>, <c>* + ?
    /// {m,n}</c>, comments, and tokens: <c>&lt;think&gt;</c> is the token of this text, <c>&lt;[1000]&gt;</c> the token of this id.</param>
    /// <param name="tokenizer">Has the tokens that the rules name; null where they name none.</param>
    /// <remarks>Literals and classes never match control tokens. A control token that is named is written as such; of another token the
    /// text is written, in whatever tokens. <c>!&lt;think&gt;</c> stands for a character, of which any is other than a control token.
    /// Control tokens are part of a generated text where <c>GenerationOptions.VisibleTokens</c> says so.</remarks>
    /// <exception cref="GrammarException">The grammar is malformed, too complex, or has no text; a rule or a token is unknown, or a rule
    /// begins with itself.</exception>
    public static Grammar FromGbnf(string grammar, Tokenizer? tokenizer = null)
    {
        ArgumentNullException.ThrowIfNull(grammar);
        return new Grammar(GbnfReader.Read(grammar, tokenizer));
    }

    /// <summary>The JSON texts that satisfy a schema.</summary>
    /// <param name="schema">A JSON schema of the drafts 4 to 2020-12; its <c>$schema</c> says which. Formats are asserted.</param>
    /// <param name="options">How the texts are written; null for the defaults.</param>
    /// <exception cref="GrammarException">The schema is malformed, is too complex, has a keyword that is not supported, or no value
    /// satisfies it; <see cref="GrammarException.Place"/> is a JSON pointer to the keyword.</exception>
    public static Grammar FromJsonSchema(JsonElement schema, JsonSchemaOptions? options = null) =>
        new(JsonSchemaGrammar.Compile(schema, options ?? new JsonSchemaOptions()));

    /// <summary>A grammar that a symbol starts.</summary>
    internal static Grammar Of(Symbol start) => new(start);

    /// <summary>Exactly this text.</summary>
    internal static Grammar Literal(string text)
    {
        ExpressionPool pool = new();
        return new Grammar(new Terminal(pool, pool.Literal(text)));
    }

    /// <summary>One text after another.</summary>
    public static Grammar Sequence(params ReadOnlySpan<Grammar> parts) =>
        new(new Rule("sequence", new ExpressionPool(), [Symbols(parts)]), parts);

    /// <summary>A text of one of some grammars, at least one.</summary>
    public static Grammar Choice(params ReadOnlySpan<Grammar> members)
    {
        ArgumentOutOfRangeException.ThrowIfZero(members.Length);
        return new Grammar(
            new Rule("choice", new ExpressionPool(), [.. Symbols(members).Select(member => (Symbol[])[member])]), members);
    }

    /// <summary>The text or none.</summary>
    internal static Grammar Optional(Grammar grammar) => Repeat(grammar, 0, 1);

    /// <summary>Texts of a grammar, one after the other.</summary>
    /// <param name="grammar">The grammar.</param>
    /// <param name="minimum">How many at least.</param>
    /// <param name="maximum">How many at most; null: any number.</param>
    internal static Grammar Repeat(Grammar grammar, int minimum, int? maximum = null) =>
        new(Repetition.Of("repeat", new ExpressionPool(), grammar.Start, minimum, maximum ?? ExpressionPool.Unbounded), grammar);

    private static Symbol[] Symbols(ReadOnlySpan<Grammar> grammars)
    {
        Symbol[] symbols = new Symbol[grammars.Length];
        for (int i = 0; i < symbols.Length; i++)
            symbols[i] = grammars[i].Start;
        return symbols;
    }
}
