using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>A statement of a template.</summary>
/// <param name="Position">Its position in the template.</param>
internal abstract record Statement(int Position);

internal sealed record TextStatement(int Position, MarkedText Text) : Statement(Position);

internal sealed record OutputStatement(int Position, Expression Value) : Statement(Position);

internal sealed record IfStatement(
    int Position, IReadOnlyList<(
        Expression Condition, IReadOnlyList<Statement> Body)> Branches, IReadOnlyList<Statement> Else) : Statement(Position);

internal sealed record ForStatement(
    int Position, IReadOnlyList<string> Targets, Expression Items, Expression? Filter,
    IReadOnlyList<Statement> Body, IReadOnlyList<Statement> Else) : Statement(Position);

/// <summary><c>set name = value</c>, or <c>set namespace.name = value</c>.</summary>
internal sealed record SetStatement(int Position, string? Namespace, IReadOnlyList<string> Names, Expression Value) : Statement(Position);

/// <summary><c>set name</c> … <c>endset</c>.</summary>
internal sealed record SetBlockStatement(int Position, string Name, IReadOnlyList<Statement> Body) : Statement(Position);

/// <summary><c>filter value</c> … <c>endfilter</c>: an expression of what the body writes, which it knows by <see cref="Body"/>'s
/// name.</summary>
internal sealed record FilterStatement(int Position, Expression Value, IReadOnlyList<Statement> Body) : Statement(Position)
{
    /// <summary>The name of the body's text in <see cref="Value"/>; no template can write it.</summary>
    public const string BodyName = "filter body";
}

internal sealed record MacroStatement(
    int Position, string Name, IReadOnlyList<(
        string Name, Expression? Default)> Parameters, IReadOnlyList<Statement> Body) : Statement(Position);

/// <summary><c>generation</c> … <c>endgeneration</c>, which marks what the assistant wrote and changes nothing.</summary>
internal sealed record BlockStatement(int Position, IReadOnlyList<Statement> Body) : Statement(Position);

internal sealed record BreakStatement(int Position) : Statement(Position);

internal sealed record ContinueStatement(int Position) : Statement(Position);
