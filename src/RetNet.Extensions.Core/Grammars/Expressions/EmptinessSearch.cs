namespace RetNet.Extensions.Core.Grammars.Expressions;

/// <summary>Whether a language has a text: a search of its automaton, first where the fewest parts of an intersection still want more text.
/// Its findings are kept for every state on the way.</summary>
internal sealed class EmptinessSearch(ExpressionPool pool, ExpressionNodes nodes)
{
    private readonly Dictionary<Expression, bool> _known = [];
    private readonly HashSet<Expression> _visited = [];
    private readonly List<(Expression State, int From)> _found = [];
    private readonly PriorityQueue<int, (int Unfinished, int Order)> _queue = new();

    public bool IsEmpty(Expression expression)
    {
        if (!nodes.NeedsSearch(expression))
            return expression == pool.Nothing;
        if (nodes.IsNullable(expression))
            return false;
        if (_known.TryGetValue(expression, out bool known))
            return known;
        Guard.Stack();
        bool isEmpty;
        switch (nodes.Kind(expression))
        {
            case ExpressionKind.Sequence:
                isEmpty = IsEmpty(nodes.Head(expression)) || IsEmpty(nodes.Tail(expression));
                break;
            case ExpressionKind.Repeat:
                isEmpty = IsEmpty(nodes.Body(expression));
                break;
            case ExpressionKind.Or:
                isEmpty = true;
                for (int i = 0; isEmpty && i < nodes.Members(expression).Length; i++)
                    isEmpty = IsEmpty(nodes.Members(expression)[i]);
                break;
            default:
                return Search(expression);
        }

        _known[expression] = isEmpty;
        return isEmpty;
    }

    private bool Search(Expression start)
    {
        _visited.Clear();
        _found.Clear();
        _queue.Clear();
        Visit(start, -1);
        while (_queue.TryDequeue(out int at, out _))
        {
            Expression state = _found[at].State;
            ByteSet boundaries = nodes.Boundaries(state);
            for (int first = 0; first < 256; first = boundaries.NextFrom(first + 1))
            {
                Expression next = pool.Derivative(state, (byte)first);
                if (next == pool.Nothing)
                    continue;
                if (HasText(next) is not { } hasText)
                {
                    Visit(next, at);
                }
                else if (hasText)
                {
                    for (int step = at; step >= 0; step = _found[step].From)
                        _known[_found[step].State] = false;
                    return false;
                }
            }
        }

        foreach ((Expression state, _) in _found)
            _known[state] = true;
        return true;
    }

    private bool? HasText(Expression state)
    {
        if (nodes.IsNullable(state) || !nodes.NeedsSearch(state))
            return true;
        return _known.TryGetValue(state, out bool isEmpty) ? !isEmpty : null;
    }

    private void Visit(Expression state, int from)
    {
        if (!_visited.Add(state))
            return;
        if (_found.Count >= GrammarLimits.EmptinessSearch)
            throw new GrammarException("", "an intersection or exclusion is too complex: whether it allows any text takes too many states");
        _queue.Enqueue(_found.Count, (Unfinished(state), _found.Count));
        _found.Add((state, from));
    }

    private int Unfinished(Expression state)
    {
        if (nodes.Kind(state) != ExpressionKind.And)
            return 1;
        int count = 0;
        foreach (Expression member in nodes.Members(state))
            count += nodes.IsNullable(member) ? 0 : 1;
        return count;
    }
}
