using RetNet.Extensions.Core.Grammars.Expressions;

namespace RetNet.Extensions.Core.Grammars.Rules;

/// <summary>A part of a context-free grammar: a <see cref="Terminal"/> or a <see cref="Rule"/>. Symbols are equal by reference.</summary>
internal abstract class Symbol
{
    /// <summary>The pool in which it was made.</summary>
    public abstract ExpressionPool Pool { get; }
}
