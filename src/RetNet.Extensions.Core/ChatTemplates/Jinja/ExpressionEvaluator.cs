using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>Evaluates expressions.</summary>
internal sealed class ExpressionEvaluator(Budget budget)
{
    private static readonly Dictionary<string, object?> NoNames = [];

    /// <summary>Where the evaluation stands in the template, for error messages.</summary>
    public int Position { get; set; }

    public object? Evaluate(Expression expression, Scope scope)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new TemplateFailure("the evaluation is nested too deeply");
        budget.Step();
        Position = expression.Position;
        return expression switch
        {
            LiteralExpression literal => literal.Value,
            NameExpression name => scope.Get(name.Name, budget),
            ListExpression list => Evaluate(list.Items, [], scope),
            TupleExpression tuple => Evaluate(tuple.Items, new TemplateTuple(), scope),
            MapExpression map => EvaluateMap(map, scope),
            UnaryExpression unary => EvaluateUnary(unary, scope),
            BinaryExpression { Operator: "and" } binary => Evaluate(binary.Left, scope) is var left && Values.IsTrue(left)
                ? Evaluate(binary.Right, scope)
                : left,
            BinaryExpression { Operator: "or" } binary => Evaluate(binary.Left, scope) is var left && Values.IsTrue(left)
                ? left
                : Evaluate(binary.Right, scope),
            BinaryExpression binary => EvaluateBinary(binary, scope),
            ConditionalExpression conditional => EvaluateConditional(conditional, scope),
            AttributeExpression attribute => Attribute(At(attribute, Evaluate(attribute.Target, scope)), attribute.Name),
            IndexExpression index => Index(Evaluate(index.Target, scope), At(index, Evaluate(index.Key, scope))),
            SliceExpression slice => EvaluateSlice(slice, scope),
            CallExpression call => EvaluateCall(call, scope, null),
            FilterExpression filter => EvaluateFilter(filter, scope),
            TestExpression test => EvaluateTest(test, scope),
            _ => throw new TemplateFailure($"{expression.GetType().Name} is not supported"),
        };
    }

    /// <summary>Returns to an expression after its parts were evaluated.</summary>
    private object? At(Expression expression, object? value)
    {
        Position = expression.Position;
        return value;
    }

    private List<object?> Evaluate(IReadOnlyList<Expression> expressions, List<object?> items, Scope scope)
    {
        budget.Elements(expressions.Count);
        foreach (Expression expression in expressions)
            items.Add(Evaluate(expression, scope));
        return items;
    }

    private TemplateMap EvaluateMap(MapExpression expression, Scope scope)
    {
        TemplateMap map = new();
        foreach ((Expression key, Expression value) in expression.Items)
            map.Set(Evaluate(key, scope), Evaluate(value, scope), budget);
        return map;
    }

    private object? EvaluateUnary(UnaryExpression expression, Scope scope)
    {
        object? value = At(expression, Evaluate(expression.Operand, scope));
        if (expression.Operator == "not")
            return !Values.IsTrue(value);
        int sign = expression.Operator == "-" ? -1 : 1;
        return Values.IsInteger(value) ? Values.Narrow(sign * Values.Whole(value)) : sign * Values.Number(value);
    }

    private object? EvaluateConditional(ConditionalExpression expression, Scope scope)
    {
        if (Values.IsTrue(Evaluate(expression.Condition, scope)))
            return Evaluate(expression.Then, scope);
        return expression.Else is null ? new Undefined("else") : Evaluate(expression.Else, scope);
    }

    private object? EvaluateBinary(BinaryExpression expression, Scope scope)
    {
        object? left = Evaluate(expression.Left, scope);
        object? right = At(expression, Evaluate(expression.Right, scope));
        return expression.Operator switch
        {
            "==" => Values.AreEqual(left, right, budget),
            "!=" => !Values.AreEqual(left, right, budget),
            "<" => Values.Compare(left, right, budget) < 0,
            "<=" => Values.Compare(left, right, budget) <= 0,
            ">" => Values.Compare(left, right, budget) > 0,
            ">=" => Values.Compare(left, right, budget) >= 0,
            "in" => Values.Contains(right, left, budget),
            "~" => Concatenate(Values.Print(left, budget), Values.Print(right, budget)),
            _ => Arithmetic.Apply(expression.Operator, left, right, budget),
        };
    }

    private MarkedText Concatenate(MarkedText left, MarkedText right)
    {
        budget.Characters((long)left.Length + right.Length);
        return left + right;
    }

    private object? Attribute(object? target, string name)
    {
        if (target is Undefined undefined)
            throw new TemplateFailure($"\"{undefined.Name}\" is undefined and has no \"{name}\"");
        if (target is TemplateLoop loop)
            return loop.Get(name);
        if (target is TemplateGroup group && group.TryGet(name, out object? element))
            return element;
        if (Methods.Find(target, name, budget) is { } method)
            return method;
        return target is TemplateMap map && map.TryGet(name, budget, out object? value) ? value : new Undefined(name);
    }

    private object? Index(object? target, object? key)
    {
        switch (target, key)
        {
            case (Undefined undefined, _):
                throw new TemplateFailure($"\"{undefined.Name}\" is undefined and has no elements");
            case (TemplateLoop loop, MarkedText name):
                return loop.Get(name.Text);
            case (TemplateMap map, _):
                return map.TryGet(key, budget, out object? value) ? value
                    : key is MarkedText member ? Attribute(target, member.Text) : new Undefined("[]");
            case (List<object?> or MarkedText, bool flag):
                return Index(target, flag ? 1L : 0L);
            case (List<object?> list, long index):
                return Slices.TryIndex(list, index, out object? item) ? item : new Undefined($"[{index}]");
            case (MarkedText text, long index):
                return CodePoints.TryIndex(text, index, budget, out MarkedText? character) ? character : new Undefined($"[{index}]");
            case (_, MarkedText name):
                return Attribute(target, name.Text);
            default:
                return new Undefined("[]");
        }
    }

    private object? EvaluateSlice(SliceExpression expression, Scope scope)
    {
        object? target = Evaluate(expression.Target, scope);
        object? start = Part(expression.Start);
        object? stop = Part(expression.Stop);
        object? step = Part(expression.Step);
        Position = expression.Position;
        return Slices.Slice(target, start, stop, step, budget);

        object? Part(Expression? part) => part is null ? null : Evaluate(part, scope);
    }

    /// <summary>Calls a function.</summary>
    /// <param name="expression">The call.</param>
    /// <param name="scope">The variables.</param>
    /// <param name="caller">What the function can call as <c>caller</c>; null for nothing.</param>
    public object? EvaluateCall(CallExpression expression, Scope scope, TemplateFunction? caller)
    {
        object? target = Evaluate(expression.Target, scope);
        TemplateArguments arguments = EvaluateArguments(expression.Arguments, scope);
        if (caller is not null)
        {
            arguments = new TemplateArguments(
                arguments.Positional, new Dictionary<string, object?>(arguments.Named) { [MacroStatement.Caller] = caller });
        }

        Position = expression.Position;
        return target switch
        {
            TemplateFunction function => function(arguments),
            TemplateLoop { Recurse: { } recurse } => recurse(arguments),
            Undefined undefined => throw new TemplateFailure($"there is no function \"{undefined.Name}\""),
            _ => throw new TemplateFailure($"{Values.Describe(target)} cannot be called"),
        };
    }

    private object? EvaluateFilter(FilterExpression expression, Scope scope)
    {
        object? value = Evaluate(expression.Target, scope);
        TemplateArguments arguments = EvaluateArguments(expression.Arguments, scope);
        Position = expression.Position;
        return Filters.Apply(expression.Name, value, arguments, budget);
    }

    private object EvaluateTest(TestExpression expression, Scope scope)
    {
        object? value = Evaluate(expression.Target, scope);
        TemplateArguments arguments = EvaluateArguments(expression.Arguments, scope);
        Position = expression.Position;
        return Tests.Apply(expression.Name, value, arguments, budget);
    }

    private TemplateArguments EvaluateArguments(ArgumentList arguments, Scope scope)
    {
        budget.Objects(arguments.Positional.Count + arguments.Named.Count);
        List<object?> positional = Evaluate(arguments.Positional, new(arguments.Positional.Count), scope);
        if (arguments.Further is not null)
        {
            IReadOnlyList<object?> further = Values.Items(Evaluate(arguments.Further, scope), budget);
            budget.Elements(further.Count);
            positional.AddRange(further);
        }

        if (arguments.Named.Count == 0 && arguments.FurtherNamed is null)
            return new TemplateArguments(positional, NoNames);
        Dictionary<string, object?> named = new(StringComparer.Ordinal);
        foreach ((string name, Expression value) in arguments.Named)
        {
            budget.Look(name.Length);
            if (!named.TryAdd(name, Evaluate(value, scope)))
                throw new TemplateFailure($"the argument \"{name}\" is given twice");
        }

        if (arguments.FurtherNamed is not null)
            AddNamed(Evaluate(arguments.FurtherNamed, scope), named);
        return new TemplateArguments(positional, named);
    }

    private void AddNamed(object? value, Dictionary<string, object?> named)
    {
        if (value is not TemplateMap map)
            throw new TemplateFailure($"{Values.Describe(value)} has no arguments by name");
        foreach ((object? key, object? item) in map.Entries)
        {
            string name = Values.Text(key, "the name of an argument").Text;
            budget.Objects(1);
            budget.Look(name.Length);
            if (!named.TryAdd(name, item))
                throw new TemplateFailure($"the argument \"{name}\" is given twice");
        }
    }
}
