using System.Text;

namespace RetNet.Extensions.Core.Grammars;

/// <summary>Where a grammar begins in a text that is free before: behind the first of these texts or tokens.</summary>
/// <remarks>Texts are found across the borders of tokens. A token that would complete one of them and go on with something that the grammar
/// does not allow is not chosen; other tokens of the free text are as without a grammar. Use one object for many requests: what is known
/// about the tokens is kept with it.</remarks>
public sealed class GrammarTrigger
{
    /// <summary>The texts that begin the grammar; they are no part of it. Default: none.</summary>
    public IReadOnlyList<string> Texts { get; init; } = [];

    /// <summary>The tokens that begin the grammar, such as control tokens, which have no text. Default: none.</summary>
    public IReadOnlyList<int> Tokens { get; init; } = [];

    /// <summary>Sequences of tokens that begin the grammar, such as control tokens with text between them. The text may come in other
    /// tokens, the control tokens may not. Default: none.</summary>
    public IReadOnlyList<IReadOnlyList<int>> TokenSequences { get; init; } = [];

    /// <summary>Whether the trigger must be the beginning of the answer, after white space at most; an answer that begins otherwise is free
    /// to its end. Default false.</summary>
    public bool OnlyAtStart { get; init; }

    /// <summary>Whether the text is free again once the grammar lets nothing follow, up to the next trigger. Default false: the answer then
    /// ends.</summary>
    public bool Repeats { get; init; }

    /// <summary>What opens and closes the passage that <see cref="SkippingFirst(string, string)"/> leaves out; null for none.</summary>
    internal (byte[] Open, byte[] Close)? Skipped { get; private init; }

    /// <summary>The same trigger for texts that may begin with a passage in which nothing begins the grammar, such as reasoning. What comes
    /// after the passage is read as if it were the beginning; a passage that is never closed is free to its end.</summary>
    /// <param name="open">The text with which the answer begins, after white space at most, if it has the passage; empty if the answer
    /// begins within the passage.</param>
    /// <param name="close">The text that ends the passage.</param>
    /// <returns>The trigger. Use one object for many requests.</returns>
    /// <exception cref="ArgumentException"><paramref name="close"/> is empty.</exception>
    public GrammarTrigger SkippingFirst(string open, string close)
    {
        ArgumentNullException.ThrowIfNull(open);
        ArgumentException.ThrowIfNullOrEmpty(close);
        return SkippingFirst(Encoding.UTF8.GetBytes(open), Encoding.UTF8.GetBytes(close));
    }

    /// <summary>As <see cref="SkippingFirst(string, string)"/>, with the bytes of tokens, which may be control tokens.</summary>
    internal GrammarTrigger SkippingFirst(byte[] open, byte[] close) => new()
    {
        Texts = Texts,
        Tokens = Tokens,
        TokenSequences = TokenSequences,
        OnlyAtStart = OnlyAtStart,
        Repeats = Repeats,
        Skipped = (open, close),
    };

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">There is no trigger, or an empty text.</exception>
    public void Validate()
    {
        if (Texts.Count + Tokens.Count + TokenSequences.Count == 0 || Texts.Any(string.IsNullOrEmpty)
            || TokenSequences.Any(sequence => sequence is not { Count: > 0 }))
        {
            throw new ArgumentException($"{nameof(GrammarTrigger)} has {Texts.Count} texts, {Tokens.Count} tokens and "
                + $"{TokenSequences.Count} sequences of tokens; expected at least one, and none that is empty.");
        }
    }
}
