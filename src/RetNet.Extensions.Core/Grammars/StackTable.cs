using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.Rules;

namespace RetNet.Extensions.Core.Grammars;

/// <summary>Stacks of symbols that are still to come, each kept once as a number (0: nothing is to come), and what each begins
/// with.</summary>
internal sealed class StackTable(ExpressionPool pool)
{
    private readonly Dictionary<Symbol, int> _symbolIndex = new(ReferenceEqualityComparer.Instance);
    private readonly List<Symbol> _symbols = [];
    private readonly Dictionary<Expression, int> _terminalIndex = [];
    private readonly List<Expression> _expressions = [];
    private readonly Dictionary<(int Top, int Below), int> _index = [];
    private readonly List<(int Top, int Below)> _stacks = [(-1, -1)];
    private readonly List<Beginnings?> _beginnings = [new Beginnings([], MayEnd: true)];
    private readonly Dictionary<ExpressionPool, ExpressionImport> _imports = new(ReferenceEqualityComparer.Instance);

    public int Count => _stacks.Count;

    /// <summary>A symbol on top of a stack.</summary>
    public int Push(Symbol symbol, int below)
    {
        if (!_symbolIndex.TryGetValue(symbol, out int top))
            top = AddSymbol(symbol);
        return Push(top, below);
    }

    /// <summary>The terminals that may come next, with what comes after each; worked out once.</summary>
    public Beginnings Begin(int stack) => _beginnings[stack] ??= Unfold(stack);

    /// <summary>A stack of another table as one of this table.</summary>
    public int Import(StackTable other, int stack)
    {
        List<Symbol> symbols = [];
        for (; stack != 0; stack = other._stacks[stack].Below)
            symbols.Add(other._symbols[other._stacks[stack].Top]);
        int copy = 0;
        for (int i = symbols.Count - 1; i >= 0; i--)
            copy = Push(symbols[i], copy);
        return copy;
    }

    private int Push(int top, int below)
    {
        if (_index.TryGetValue((top, below), out int stack))
            return stack;
        pool.Work(GrammarLimits.WorkOfStack);
        stack = _stacks.Count;
        _index.Add((top, below), stack);
        _stacks.Add((top, below));
        _beginnings.Add(null);
        return stack;
    }

    private int AddSymbol(Symbol symbol)
    {
        int index = _symbols.Count;
        Expression expression = pool.Nothing;
        if (symbol is Terminal terminal)
        {
            if (!_imports.TryGetValue(terminal.Pool, out ExpressionImport? import))
                _imports.Add(terminal.Pool, import = new ExpressionImport(terminal.Pool, pool));
            lock (terminal.Pool)
                expression = import.Copy(terminal.Expression);
            // Equal terminals are one, so that their stacks are, too.
            if (_terminalIndex.TryGetValue(expression, out int equal))
                index = equal;
            else
                _terminalIndex.Add(expression, index);
        }

        _symbolIndex.Add(symbol, index);
        if (index == _symbols.Count)
        {
            _symbols.Add(symbol);
            _expressions.Add(expression);
        }

        return index;
    }

    private Beginnings Unfold(int stack)
    {
        List<Configuration> found = [];
        bool mayEnd = false;
        HashSet<int> seen = [stack];
        Stack<int> left = new(seen);
        while (left.TryPop(out int next))
        {
            if (next == 0)
            {
                mayEnd = true;
                continue;
            }

            (int top, int below) = _stacks[next];
            if (_symbols[top] is Rule rule)
            {
                foreach (Symbol[] alternative in rule.Alternatives)
                {
                    int pushed = below;
                    for (int i = alternative.Length - 1; i >= 0; i--)
                        pushed = Push(alternative[i], pushed);
                    Visit(pushed);
                }

                if (seen.Count > GrammarLimits.Unfolding)
                    throw new GrammarException($"rule '{rule.Name}'", "it begins with itself, or with too many others");
                continue;
            }

            Expression expression = _expressions[top];
            if (expression != pool.Empty && !pool.IsEmpty(expression))
                found.Add(new Configuration(expression, below));
            if (pool.IsNullable(expression))
                Visit(below);
        }

        return new Beginnings([.. found], mayEnd);

        void Visit(int next)
        {
            if (!HasWider(next, seen) && seen.Add(next))
                left.Push(next);
        }
    }

    /// <summary>Whether some stacks have one that differs from another only in a wider rule on top.</summary>
    private bool HasWider(int stack, HashSet<int> stacks)
    {
        (int top, int below) = _stacks[stack];
        return top >= 0 && _symbols[top] is Rule { Wider: { } wider } && _symbolIndex.TryGetValue(wider, out int widerTop)
            && _index.TryGetValue((widerTop, below), out int other) && stacks.Contains(other);
    }
}

/// <summary>A terminal of which some is read: what of it is left, and the stack of what comes after it.</summary>
internal readonly record struct Configuration(Expression Left, int Stack);

/// <summary>What a stack begins with: terminals of which nothing is read, and whether it may be empty.</summary>
internal sealed record Beginnings(Configuration[] Configurations, bool MayEnd);
