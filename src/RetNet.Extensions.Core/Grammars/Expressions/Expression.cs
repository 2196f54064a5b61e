namespace RetNet.Extensions.Core.Grammars.Expressions;

/// <summary>A regular language of byte strings, as a number in its <see cref="ExpressionPool"/>: equal numbers, equal languages.</summary>
internal readonly record struct Expression(int Id);

/// <summary>How an expression is made.</summary>
internal enum ExpressionKind : byte
{
    /// <summary>One byte of a set.</summary>
    Set,

    /// <summary>The empty text.</summary>
    Empty,

    /// <summary>One text after another.</summary>
    Sequence,

    /// <summary>Union.</summary>
    Or,

    /// <summary>Intersection.</summary>
    And,

    /// <summary>Complement.</summary>
    Not,

    /// <summary>A text several times.</summary>
    Repeat,

    /// <summary>Digits of a multiple of a number.</summary>
    Multiple,
}
