using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>Runs the statements of a template.</summary>
internal sealed class TemplateInterpreter
{
    private const int LongestRange = 100_000;
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
        Define("range", arguments => Range(arguments));
        Define("namespace", arguments => MakeMap(arguments, isNamespace: true));
        Define("dict", arguments => MakeMap(arguments, isNamespace: false));
        Define("raise_exception", arguments => throw new TemplateFailure(
            $"the template rejects the conversation: {Values.Print(arguments.Get(0, "message", null), budget).Text}"));
        Define(
            "strftime_now", arguments =>
                MarkedText.Trusted(Dates.Format(TimeProvider.System.GetLocalNow(),
                    Values.Text(arguments.Require(0, "format"), "strftime_now").Text, budget)));
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

    private void Define(string name, TemplateFunction function) => _globals.Set(name, function);

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
                ExecuteSet(set, scope);
                return Flow.Next;
            case SetBlockStatement set:
                scope.Set(set.Name, Capture(set.Body, scope));
                return Flow.Next;
            case MacroStatement macro:
                scope.Set(macro.Name, (TemplateFunction)(arguments => CallMacro(macro, arguments, scope)));
                return Flow.Next;
            case FilterStatement filter:
                Scope inner = new(scope);
                inner.Set(FilterStatement.BodyName, Capture(filter.Body, scope));
                Write(Values.Print(_evaluator.Evaluate(filter.Value, inner), _budget));
                return Flow.Next;
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

    private MarkedText Capture(IReadOnlyList<Statement> body, Scope scope)
    {
        MarkedTextBuilder outer = _output;
        _output = new MarkedTextBuilder();
        Execute(body, scope);
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

    private Flow ExecuteFor(ForStatement statement, Scope scope)
    {
        IReadOnlyList<object?> items = Values.Items(_evaluator.Evaluate(statement.Items, scope), _budget);
        if (statement.Filter is not null)
        {
            items = [.. items.Where(item => Values.IsTrue(_evaluator.Evaluate(statement.Filter, Enter(statement, item, scope))))];
        }

        if (items.Count == 0)
            return Execute(statement.Else, scope);
        for (int i = 0; i < items.Count; i++)
        {
            Scope inner = Enter(statement, items[i], scope);
            inner.Set("loop", new TemplateLoop(items, i));
            if (Execute(statement.Body, inner) == Flow.Break)
                break;
        }

        return Flow.Next;
    }

    /// <summary>The scope of one turn of a loop.</summary>
    private Scope Enter(ForStatement statement, object? item, Scope scope)
    {
        _budget.Objects(ObjectsPerScope + statement.Targets.Count);
        return Bind(statement.Targets, item, new Scope(scope));
    }

    private static Scope Bind(IReadOnlyList<string> targets, object? value, Scope scope)
    {
        if (targets.Count == 1)
        {
            scope.Set(targets[0], value);
            return scope;
        }

        if (value is not List<object?> parts || parts.Count != targets.Count)
            throw new TemplateFailure($"{Values.Describe(value)} cannot be unpacked into {targets.Count} names");
        for (int i = 0; i < targets.Count; i++)
            scope.Set(targets[i], parts[i]);
        return scope;
    }

    private void ExecuteSet(SetStatement statement, Scope scope)
    {
        object? value = _evaluator.Evaluate(statement.Value, scope);
        if (statement.Namespace is null)
        {
            Bind(statement.Names, value, scope);
            return;
        }

        if (scope.Get(statement.Namespace, _budget) is not TemplateMap { IsNamespace: true } target)
            throw new TemplateFailure($"\"{statement.Namespace}\" is not a namespace");
        target.Set(MarkedText.Trusted(statement.Names[0]), value, _budget);
    }

    private MarkedText CallMacro(MacroStatement macro, TemplateArguments arguments, Scope definition)
    {
        if (++_macroDepth > DeepestMacro)
            throw new TemplateFailure($"macros call each other more than {DeepestMacro} levels deep");
        _budget.Objects(2 * ObjectsPerScope + macro.Parameters.Count);
        _budget.Characters((long)arguments.Named.Count * macro.Parameters.Count);
        arguments.Only(macro.Name, [.. macro.Parameters.Select(parameter => parameter.Name)]);
        Scope scope = new(definition);
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

    private List<object?> Range(TemplateArguments arguments)
    {
        arguments.Only("range", "start", "stop", "step");
        long first = Values.Integer(arguments.Require(0, "start"), "range");
        (long start, long stop) = arguments.Count == 1 ? (0, first) : (first, Values.Integer(arguments.Get(1, "stop", 0L), "range"));
        long step = Values.Integer(arguments.Get(2, "step", 1L), "range");
        if (step == 0)
            throw new TemplateFailure("the step of range is 0");
        List<object?> items = new();
        for (Int128 i = (Int128)start; step > 0 ? i < stop : i > stop; i += step)
        {
            if (items.Count == LongestRange)
                throw new TemplateFailure($"range yields more than {LongestRange} numbers");
            _budget.Objects(1);
            items.Add((long)i);
        }

        return items;
    }

    private TemplateMap MakeMap(TemplateArguments arguments, bool isNamespace)
    {
        TemplateMap map = new() { IsNamespace = isNamespace };
        foreach (object? item in arguments.Positional)
        {
            TemplateMap given = item as TemplateMap ?? throw new TemplateFailure("namespace needs a mapping");
            foreach ((MarkedText key, object? value) in given.Entries)
                map.Set(key, value, _budget);
        }

        foreach ((string name, object? value) in arguments.Named)
            map.Set(MarkedText.Trusted(name), value, _budget);
        return map;
    }
}

/// <summary>An error in a template; code that knows the place turns it into a <see cref="ChatTemplateException"/>.</summary>
internal sealed class TemplateFailure(string problem) : Exception(problem);

/// <summary>Something that a template can call: a function, a method bound to its value, or a macro.</summary>
internal delegate object? TemplateFunction(TemplateArguments arguments);
