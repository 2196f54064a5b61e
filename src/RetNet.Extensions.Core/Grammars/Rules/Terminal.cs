using RetNet.Extensions.Core.Grammars.Expressions;

namespace RetNet.Extensions.Core.Grammars.Rules;

/// <summary>A part that is a regular language.</summary>
/// <param name="pool">The pool of the expression; users other than its maker lock it.</param>
/// <param name="expression">A language that has a text (<see cref="ExpressionPool.IsEmpty"/> is false).</param>
internal sealed class Terminal(ExpressionPool pool, Expression expression) : Symbol
{
    public override ExpressionPool Pool { get; } = pool;

    public Expression Expression { get; } = expression;
}
