namespace RetNet.Extensions.Core.Grammars.Expressions;

/// <summary>Whether a language has a text: a breadth-first search of its automaton, whose findings are kept for every state on the
/// way.</summary>
internal sealed class EmptinessSearch(ExpressionPool pool, ExpressionNodes nodes)
{
    private readonly Dictionary<Expression, bool> _known = [];
    private readonly Dictionary<Expression, int> _visited = [];
    private readonly List<(Expression State, int From)> _queue = [];

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
        _queue.Clear();
        Visit(start, -1);
        for (int at = 0; at < _queue.Count; at++)
        {
            Expression state = _queue[at].State;
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
                    for (int step = at; step >= 0; step = _queue[step].From)
                        _known[_queue[step].State] = false;
                    return false;
                }
            }
        }

        foreach ((Expression state, _) in _queue)
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
        if (!_visited.TryAdd(state, from))
            return;
        if (_queue.Count >= GrammarLimits.EmptinessSearch)
            throw new GrammarException("", "an intersection or exclusion is too complex: whether it allows any text takes too many states");
        _queue.Add((state, from));
    }
}
