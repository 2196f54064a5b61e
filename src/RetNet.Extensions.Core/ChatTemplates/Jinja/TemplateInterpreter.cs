using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>Runs the statements of a template.</summary>
internal sealed class TemplateInterpreter
{
    private const int DeepestMacro = 64;

    // A scope holds its variables in a table, which a few more objects make up.
    private const int ObjectsPerScope = 4;

    private readonly Budget _budget;
    private readonly ExpressionEvaluator _evaluator;
    private readonly Scope _globals = new(null);
    private MarkedTextBuilder _output = new();
    private int _macroDepth;

    public TemplateInterpreter(Budget budget)
    {
        _budget = budget;
        _evaluator = new ExpressionEvaluator(budget);
        foreach ((string name, TemplateFunction function) in Globals.All(budget))
            Define(name, function);
    }

    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    /// <summary>Where the run stands in the template, for error messages.</summary>
    public int Position => _evaluator.Position;

    /// <summary>Sets a variable that the template can read.</summary>
    public void Define(string name, object? value) => _globals.Set(name, value);

    /// <summary>Runs the template and returns what it wrote.</summary>
    public MarkedText Run(IReadOnlyList<Statement> body)
    {
        Execute(body, new Scope(_globals));
        return _output.ToMarkedText();
    }

    private Flow Execute(IReadOnlyList<Statement> body, Scope scope)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new TemplateFailure("statements are nested too deeply");
        foreach (Statement statement in body)
        {
            _budget.Step();
            _evaluator.Position = statement.Position;
            Flow flow = Execute(statement, scope);
            if (flow != Flow.Next)
                return flow;
        }

        return Flow.Next;
    }

    private Flow Execute(Statement statement, Scope scope)
    {
        switch (statement)
        {
            case TextStatement text:
                Write(text.Text);
                return Flow.Next;
            case OutputStatement output:
                Write(Values.Print(_evaluator.Evaluate(output.Value, scope), _budget));
                return Flow.Next;
            case IfStatement branch:
                return ExecuteIf(branch, scope);
            case ForStatement loop:
                return ExecuteFor(loop, scope);
            case SetStatement set:
                Bind(set.Target, _evaluator.Evaluate(set.Value, scope), scope);
                return Flow.Next;
            case SetBlockStatement set:
                Bind(set.Target, OfBody(set.Value, set.Body, scope), scope);
                return Flow.Next;
            case MacroStatement macro:
                scope.Set(macro.Name, Macro(macro, scope));
                return Flow.Next;
            case CallStatement call:
                Write(Values.Print(_evaluator.EvaluateCall(call.Call, scope, Macro(call.Caller, scope)), _budget));
                return Flow.Next;
            case FilterStatement filter:
                Write(Values.Print(OfBody(filter.Value, filter.Body, scope), _budget));
                return Flow.Next;
            case WithStatement with:
                return ExecuteWith(with, scope);
            case BlockStatement block:
                return Execute(block.Body, scope);
            case BreakStatement:
                return Flow.Break;
            case ContinueStatement:
                return Flow.Continue;
            default:
                throw new TemplateFailure($"{statement.GetType().Name} is not supported");
        }
    }

    private void Write(MarkedText text)
    {
        _budget.Characters(text.Length);
        _output.Append(text);
    }

    /// <summary>An expression of what a body writes.</summary>
    private object? OfBody(Expression value, IReadOnlyList<Statement> body, Scope scope)
    {
        _budget.Objects(2 * ObjectsPerScope);
        Scope inner = new(scope);
        inner.Set(FilterStatement.BodyName, Capture(body, new Scope(scope)));
        return _evaluator.Evaluate(value, inner);
    }

    private MarkedText Capture(IReadOnlyList<Statement> body, Scope scope) => Capture(() => Execute(body, scope));

    private MarkedText Capture(Func<Flow> execute)
    {
        MarkedTextBuilder outer = _output;
        _output = new MarkedTextBuilder();
        execute();
        MarkedText text = _output.ToMarkedText();
        _output = outer;
        return text;
    }

    private Flow ExecuteIf(IfStatement statement, Scope scope)
    {
        foreach ((Expression condition, IReadOnlyList<Statement> body) in statement.Branches)
        {
            if (Values.IsTrue(_evaluator.Evaluate(condition, scope)))
                return Execute(body, scope);
        }

        return Execute(statement.Else, scope);
    }

    private Flow ExecuteWith(WithStatement statement, Scope scope)
    {
        _budget.Objects(ObjectsPerScope + statement.Values.Count);
        Scope inner = new(scope);
        foreach ((Target target, Expression value) in statement.Values)
            Bind(target, _evaluator.Evaluate(value, scope), inner);
        return Execute(statement.Body, inner);
    }

    private Flow ExecuteFor(ForStatement statement, Scope scope) =>
        ExecuteFor(statement, _evaluator.Evaluate(statement.Items, scope), scope, 0);

    private Flow ExecuteFor(ForStatement statement, object? value, Scope scope, int depth)
    {
        if (depth > DeepestMacro)
            throw new TemplateFailure($"a loop calls itself more than {DeepestMacro} levels deep");
        IReadOnlyList<object?> items = Values.Items(value, _budget);
        if (statement.Filter is not null)
        {
            items = [.. items.Where(item => Values.IsTrue(_evaluator.Evaluate(statement.Filter, Enter(statement, item, scope))))];
        }

        if (items.Count == 0)
            return Execute(statement.Else, new Scope(scope));
        TemplateFunction? recurse = statement.IsRecursive ? Recurse : null;
        TemplateLoop loop = new(items, depth, recurse, _budget);
        for (; loop.Index < items.Count; loop.Index++)
        {
            Scope inner = Enter(statement, items[loop.Index], scope);
            inner.Set("loop", loop);
            if (Execute(statement.Body, inner) == Flow.Break)
                break;
        }

        return Flow.Next;

        object? Recurse(TemplateArguments arguments) =>
            Capture(() => ExecuteFor(statement, arguments.Require(0, "iterable"), scope, depth + 1));
    }

    /// <summary>The scope of one turn of a loop.</summary>
    private Scope Enter(ForStatement statement, object? item, Scope scope)
    {
        _budget.Passing(ObjectsPerScope + 1);
        Scope inner = new(scope);
        Bind(statement.Target, item, inner);
        return inner;
    }

    private void Bind(Target target, object? value, Scope scope)
    {
        switch (target)
        {
            case NameTarget name:
                scope.Set(name.Name, value);
                break;
            case MemberTarget member:
                if (scope.Get(member.Namespace, _budget) is not TemplateMap { IsNamespace: true } space)
                    throw new TemplateFailure($"\"{member.Namespace}\" is not a namespace");
                space.Set(MarkedText.Trusted(member.Name), value, _budget);
                break;
            case TupleTarget { Targets: var targets }:
                IReadOnlyList<object?> parts = Values.Items(value, _budget);
                if (parts.Count != targets.Count)
                {
                    throw new TemplateFailure(
                        $"{Values.Describe(value)} of {parts.Count} elements cannot be unpacked into {targets.Count} names");
                }

                _budget.Objects(parts.Count);
                for (int i = 0; i < parts.Count; i++)
                    Bind(targets[i], parts[i], scope);
                break;
        }
    }

    private TemplateFunction Macro(MacroStatement macro, Scope scope) => arguments => CallMacro(macro, arguments, scope);

    private MarkedText CallMacro(MacroStatement macro, TemplateArguments arguments, Scope definition)
    {
        if (++_macroDepth > DeepestMacro)
            throw new TemplateFailure($"macros call each other more than {DeepestMacro} levels deep");
        _budget.Objects(2 * ObjectsPerScope + macro.Parameters.Count);
        _budget.Characters((long)arguments.Named.Count * macro.Parameters.Count);
        Scope scope = new(definition);
        BindFurther(macro, arguments, scope);
        for (int i = 0; i < macro.Parameters.Count; i++)
        {
            (string? name, Expression? fallback) = macro.Parameters[i];
            scope.Set(name, arguments.Has(i, name) ? arguments.Get(i, name, null)
                : fallback is null ? new Undefined(name) : _evaluator.Evaluate(fallback, scope));
        }

        MarkedText text = Capture(macro.Body, scope);
        _macroDepth--;
        return text;
    }

    /// <summary>The arguments that are no parameters: in the variables that the macro reads, or refused.</summary>
    private void BindFurther(MacroStatement macro, TemplateArguments arguments, Scope scope)
    {
        List<string> known = [.. macro.Parameters.Select(parameter => parameter.Name)];
        if (macro.TakesMore.Contains(MacroStatement.Caller))
        {
            known.Add(MacroStatement.Caller);
            scope.Set(MacroStatement.Caller, arguments.Get(int.MaxValue, MacroStatement.Caller, new Undefined(MacroStatement.Caller)));
        }

        int count = arguments.Positional.Count;
        if (macro.TakesMore.Contains(MacroStatement.Positional))
            scope.Set(MacroStatement.Positional, new TemplateTuple(arguments.Positional.Skip(macro.Parameters.Count)));
        else if (count > macro.Parameters.Count)
            throw new TemplateFailure($"{macro.Name} takes at most {macro.Parameters.Count} arguments");

        TemplateMap further = new();
        foreach ((string name, object? value) in arguments.Named.Where(argument => !known.Contains(argument.Key)))
        {
            if (!macro.TakesMore.Contains(MacroStatement.Named))
                throw new TemplateFailure($"{macro.Name} has no argument \"{name}\"");
            further.Set(MarkedText.Trusted(name), value, _budget);
        }

        if (macro.TakesMore.Contains(MacroStatement.Named))
            scope.Set(MacroStatement.Named, further);
    }
}

/// <summary>Something that a template can call: a function, a method bound to its value, or a macro.</summary>
internal delegate object? TemplateFunction(TemplateArguments arguments);
