using RetNet.Extensions.Core.Grammars.Expressions;

namespace RetNet.Extensions.Core.Grammars.Gbnf;

/// <summary>A part of a rule as it is written.</summary>
internal abstract record GbnfNode
{
    /// <summary>One character of a set.</summary>
    public sealed record Character(CodePointSet Set) : GbnfNode;

    /// <summary>Exactly this text.</summary>
    public sealed record Literal(string Text) : GbnfNode;

    /// <summary>What a token writes, with the mark of a control token where it is one.</summary>
    public sealed record Token(byte[] Bytes) : GbnfNode;

    /// <summary>The name of a rule.</summary>
    public sealed record Reference(string Name) : GbnfNode;

    /// <summary>One part after another.</summary>
    public sealed record Sequence(IReadOnlyList<GbnfNode> Parts) : GbnfNode;

    /// <summary>One of several parts.</summary>
    public sealed record Choice(IReadOnlyList<GbnfNode> Members) : GbnfNode;

    /// <summary>A part several times.</summary>
    public sealed record Repeat(GbnfNode Body, int Minimum, int Maximum) : GbnfNode;
}
