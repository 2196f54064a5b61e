namespace RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;

/// <summary>An expression of a template.</summary>
/// <param name="Position">Its position in the template.</param>
internal abstract record Expression(int Position);

internal sealed record LiteralExpression(int Position, object? Value) : Expression(Position);

internal sealed record NameExpression(int Position, string Name) : Expression(Position);

internal sealed record ListExpression(int Position, IReadOnlyList<Expression> Items) : Expression(Position);

internal sealed record TupleExpression(int Position, IReadOnlyList<Expression> Items) : Expression(Position);

internal sealed record MapExpression(int Position, IReadOnlyList<(Expression Key, Expression Value)> Items) : Expression(Position);

internal sealed record UnaryExpression(int Position, string Operator, Expression Operand) : Expression(Position);

internal sealed record BinaryExpression(int Position, string Operator, Expression Left, Expression Right) : Expression(Position);

internal sealed record ConditionalExpression(int Position, Expression Condition, Expression Then, Expression? Else) : Expression(Position);

internal sealed record AttributeExpression(int Position, Expression Target, string Name) : Expression(Position);

internal sealed record IndexExpression(int Position, Expression Target, Expression Key) : Expression(Position);

internal sealed record SliceExpression(
    int Position, Expression Target, Expression? Start, Expression? Stop, Expression? Step) : Expression(Position);

internal sealed record CallExpression(int Position, Expression Target, ArgumentList Arguments) : Expression(Position);

internal sealed record FilterExpression(int Position, Expression Target, string Name, ArgumentList Arguments) : Expression(Position);

internal sealed record TestExpression(int Position, Expression Target, string Name, ArgumentList Arguments) : Expression(Position);

/// <summary>The arguments of a call.</summary>
/// <param name="Positional">Those by position.</param>
/// <param name="Named">Those by name.</param>
/// <param name="Further">A list of further ones by position, <c>*list</c>; null for none.</param>
/// <param name="FurtherNamed">A mapping of further ones by name, <c>**mapping</c>; null for none.</param>
internal sealed record ArgumentList(
    IReadOnlyList<Expression> Positional, IReadOnlyList<(string Name, Expression Value)> Named,
    Expression? Further = null, Expression? FurtherNamed = null)
{
    public static readonly ArgumentList Empty = new([], []);
}
