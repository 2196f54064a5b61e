namespace RetNet.Extensions.Core.Grammars.Expressions;

/// <summary>Whether a language has a text: a search of its automaton, first where the fewest parts of an intersection still want more text.
/// Its findings are kept for every state on the way. What was found last is tried first: neighbouring states often end alike.</summary>
internal sealed class EmptinessSearch(ExpressionPool pool, ExpressionNodes nodes)
{
    private const int LongestEnding = 100;

    private readonly Dictionary<Expression, bool> _known = [];
    private readonly HashSet<Expression> _visited = [];
    private readonly List<(Expression State, int From, byte Last)> _found = [];
    private readonly List<(Expression State, byte Next)> _tried = [];
    private readonly Dictionary<Expression, byte> _onward = [];
    private readonly byte[]?[] _endings = new byte[8][];
    private int _oldestEnding;
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
        if (Array.Exists(_endings, ending => ending is not null && EndsWith(start, ending)))
            return false;
        _visited.Clear();
        _found.Clear();
        _queue.Clear();
        Visit(start, -1, 0);
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
                    Visit(next, at, (byte)first);
                }
                else if (hasText)
                {
                    pool.Work(_found.Count);
                    KeepEnding(at, (byte)first);
                    return false;
                }
            }
        }

        pool.Work(_found.Count);
        foreach ((Expression state, _, _) in _found)
            _known[state] = true;
        return true;
    }

    /// <summary>Whether some bytes lead from a state to one that has a text; all states on the way then have one, too.</summary>
    private bool EndsWith(Expression start, byte[] ending)
    {
        _tried.Clear();
        Expression state = start;
        foreach (byte next in ending)
        {
            _tried.Add((state, next));
            state = pool.Derivative(state, next);
            bool? hasText = state == pool.Nothing ? false : HasText(state);
            if (hasText == false)
                return false;
            if (hasText == true)
            {
                foreach ((Expression passed, byte onward) in _tried)
                    (_known[passed], _onward[passed]) = (false, onward);
                return true;
            }
        }

        return false;
    }

    /// <summary>Keeps what was found: the bytes to a state that has a text, and from there on those that were found before.</summary>
    private void KeepEnding(int at, byte last)
    {
        List<byte> ending = [];
        byte onward = last;
        for (int step = at; step >= 0; step = _found[step].From)
        {
            (_known[_found[step].State], _onward[_found[step].State]) = (false, onward);
            ending.Add(onward);
            onward = _found[step].Last;
        }

        ending.Reverse();
        Expression state = pool.Derivative(_found[at].State, last);
        while (ending.Count < LongestEnding && !nodes.IsNullable(state) && _onward.TryGetValue(state, out byte next))
        {
            ending.Add(next);
            state = pool.Derivative(state, next);
        }

        _endings[_oldestEnding] = [.. ending];
        _oldestEnding = (_oldestEnding + 1) % _endings.Length;
    }

    private bool? HasText(Expression state)
    {
        if (nodes.IsNullable(state) || !nodes.NeedsSearch(state))
            return true;
        return _known.TryGetValue(state, out bool isEmpty) ? !isEmpty : null;
    }

    private void Visit(Expression state, int from, byte last)
    {
        if (!_visited.Add(state))
            return;
        if (_found.Count >= GrammarLimits.EmptinessSearch)
            throw new GrammarException("", "an intersection or exclusion is too complex: whether it allows any text takes too many states");
        _queue.Enqueue(_found.Count, (Unfinished(state), _found.Count));
        _found.Add((state, from, last));
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
