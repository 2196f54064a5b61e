using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;

/// <summary>A statement of a template.</summary>
/// <param name="Position">Its position in the template.</param>
internal abstract record Statement(int Position);

internal sealed record TextStatement(int Position, MarkedText Text) : Statement(Position);

internal sealed record OutputStatement(int Position, Expression Value) : Statement(Position);

internal sealed record IfStatement(
    int Position, IReadOnlyList<(
        Expression Condition, IReadOnlyList<Statement> Body)> Branches, IReadOnlyList<Statement> Else) : Statement(Position);

/// <param name="Position">As of every statement.</param>
/// <param name="Target">The names that an element is given.</param>
/// <param name="Items">What the loop runs over.</param>
/// <param name="Filter">The condition that leaves elements out; null for none.</param>
/// <param name="IsRecursive">Whether the body can run the loop over other items.</param>
/// <param name="Body">What each turn runs.</param>
/// <param name="Else">What runs instead when there is no element.</param>
internal sealed record ForStatement(
    int Position, Target Target, Expression Items, Expression? Filter, bool IsRecursive,
    IReadOnlyList<Statement> Body, IReadOnlyList<Statement> Else) : Statement(Position);

/// <summary><c>set name = value</c>, or <c>set namespace.name = value</c>.</summary>
internal sealed record SetStatement(int Position, Target Target, Expression Value) : Statement(Position);

/// <summary><c>set name | filter</c> … <c>endset</c>: an expression of what the body writes, see <see cref="FilterStatement"/>.</summary>
internal sealed record SetBlockStatement(
    int Position, Target Target, Expression Value, IReadOnlyList<Statement> Body) : Statement(Position);

/// <summary><c>with name = value, …</c> … <c>endwith</c>: the names exist in the body only.</summary>
internal sealed record WithStatement(
    int Position, IReadOnlyList<(Target Target, Expression Value)> Values, IReadOnlyList<Statement> Body) : Statement(Position);

/// <summary><c>filter value</c> … <c>endfilter</c>: an expression of what the body writes, which it knows by <see cref="Body"/>'s
/// name.</summary>
internal sealed record FilterStatement(int Position, Expression Value, IReadOnlyList<Statement> Body) : Statement(Position)
{
    /// <summary>The name of the body's text in <see cref="Value"/>; no template can write it.</summary>
    public const string BodyName = "filter body";
}

/// <param name="Position">As of every statement.</param>
/// <param name="Name">Its name.</param>
/// <param name="Parameters">The parameters, and what stands for one that is not given.</param>
/// <param name="TakesMore">Which of <c>varargs</c>, <c>kwargs</c> and <c>caller</c> the body reads.</param>
/// <param name="Body">What it writes.</param>
internal sealed record MacroStatement(
    int Position, string Name, IReadOnlyList<(string Name, Expression? Default)> Parameters, IReadOnlyList<string> TakesMore,
    IReadOnlyList<Statement> Body) : Statement(Position)
{
    /// <summary>Further arguments by position.</summary>
    public const string Positional = "varargs";

    /// <summary>Further arguments by name.</summary>
    public const string Named = "kwargs";

    /// <summary>The body of the <c>call</c> statement that calls the macro.</summary>
    public const string Caller = "caller";
}

/// <summary><c>call(parameters) macro(arguments)</c> … <c>endcall</c>: the macro writes the body by calling <c>caller(…)</c>.</summary>
internal sealed record CallStatement(int Position, CallExpression Call, MacroStatement Caller) : Statement(Position);

/// <summary><c>generation</c> … <c>endgeneration</c>, which marks what the assistant wrote and changes nothing.</summary>
internal sealed record BlockStatement(int Position, IReadOnlyList<Statement> Body) : Statement(Position);

internal sealed record BreakStatement(int Position) : Statement(Position);

internal sealed record ContinueStatement(int Position) : Statement(Position);

/// <summary>What a value is given to: a name, a member of a namespace, or a target for each element.</summary>
internal abstract record Target;

internal sealed record NameTarget(string Name) : Target;

internal sealed record MemberTarget(string Namespace, string Name) : Target;

internal sealed record TupleTarget(IReadOnlyList<Target> Targets) : Target;
