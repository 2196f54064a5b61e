namespace RetNet.Extensions.Core.Grammars.Expressions;

/// <summary>A part of a regular expression. <see cref="HasAssertion"/>: whether what it matches depends on what stands around it.</summary>
internal abstract record RegexNode(bool HasAssertion)
{
    /// <summary>One character of a set.</summary>
    public sealed record Character(CodePointSet Set) : RegexNode(false);

    /// <summary>One part after another.</summary>
    public sealed record Sequence(IReadOnlyList<RegexNode> Parts) : RegexNode(Parts.Any(part => part.HasAssertion));

    /// <summary>One of several parts.</summary>
    public sealed record Choice(IReadOnlyList<RegexNode> Members) : RegexNode(Members.Any(member => member.HasAssertion));

    /// <summary>A part several times; the position is that of its quantifier.</summary>
    public sealed record Repeat(RegexNode Body, int Minimum, int Maximum, int Position) : RegexNode(Body.HasAssertion);

    /// <summary><c>^</c>, <c>$</c>, <c>\b</c> or <c>\B</c>.</summary>
    public sealed record Assertion(AssertionKind Kind) : RegexNode(true);

    /// <summary><c>(?=…)</c> or <c>(?!…)</c>.</summary>
    public sealed record Lookahead(RegexNode Body, bool IsNegative) : RegexNode(true);
}

/// <summary>What a position must be.</summary>
internal enum AssertionKind
{
    /// <summary>The start of the text.</summary>
    Start,

    /// <summary>The end of the text.</summary>
    End,

    /// <summary>Between a word character and another or the text's end.</summary>
    WordBoundary,

    /// <summary>Elsewhere.</summary>
    NoWordBoundary,
}
