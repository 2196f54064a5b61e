namespace RetNet.Extensions.Core.Grammars.Expressions;

/// <summary>Which languages certainly have finitely many texts.</summary>
internal sealed class FiniteLanguages(ExpressionPool pool)
{
    private readonly ExpressionNodes _nodes = pool.Nodes;
    private readonly Dictionary<Expression, bool> _known = [];
    private readonly Dictionary<Expression, Expression> _without = [];

    /// <summary>An intersection without those of its exclusions that leave out finitely many texts.</summary>
    public Expression Without(Expression intersection)
    {
        if (_without.TryGetValue(intersection, out Expression known))
            return known;
        List<Expression> kept = [];
        foreach (Expression member in _nodes.Members(intersection).ToArray())
        {
            if (_nodes.Kind(member) != ExpressionKind.Not)
                kept.Add(member);
            else if (!IsFinite(_nodes.Body(member)))
                kept.Add(pool.Not(Infinite(_nodes.Body(member))));
        }

        Expression without = pool.And([.. kept]);
        _without.Add(intersection, without);
        return without;
    }

    /// <summary>Whether a language has finitely many texts; false may also mean that this is not certain.</summary>
    public bool IsFinite(Expression expression)
    {
        if (_known.TryGetValue(expression, out bool known))
            return known;
        Guard.Stack();
        bool isFinite = _nodes.Kind(expression) switch
        {
            ExpressionKind.Set or ExpressionKind.Empty => true,
            ExpressionKind.Sequence => IsFiniteSequence(expression),
            ExpressionKind.Or => Array.TrueForAll(_nodes.Members(expression).ToArray(), IsFinite),
            ExpressionKind.And => Array.Exists(_nodes.Members(expression).ToArray(), IsFinite),
            ExpressionKind.Repeat => _nodes.Maximum(expression) != ExpressionPool.Unbounded && IsFinite(_nodes.Body(expression)),
            _ => false,
        };
        _known[expression] = isFinite;
        return isFinite;
    }

    /// <summary>From the end, so that a long text takes no deep stack.</summary>
    private bool IsFiniteSequence(Expression expression)
    {
        Stack<Expression> sequences = new();
        Expression tail = expression;
        for (; _nodes.Kind(tail) == ExpressionKind.Sequence && !_known.ContainsKey(tail); tail = _nodes.Tail(tail))
            sequences.Push(tail);
        bool isFinite = IsFinite(tail);
        while (sequences.TryPop(out Expression sequence))
            _known[sequence] = isFinite = isFinite && IsFinite(_nodes.Head(sequence));
        return isFinite;
    }

    private Expression Infinite(Expression body) => _nodes.Kind(body) != ExpressionKind.Or ? body
        : pool.Or(Array.FindAll(_nodes.Members(body).ToArray(), member => !IsFinite(member)));
}
