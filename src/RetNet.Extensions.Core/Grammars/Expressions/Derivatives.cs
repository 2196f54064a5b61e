using System.Runtime.InteropServices;

namespace RetNet.Extensions.Core.Grammars.Expressions;

/// <summary>Derivatives of expressions by a byte, remembered per range of bytes that have the same one.</summary>
internal sealed class Derivatives(ExpressionPool pool, ExpressionNodes nodes)
{
    private readonly Dictionary<long, Expression> _known = [];
    private readonly Stack<List<Expression>> _lists = [];
    private int _work;
    private TextWork? _text;

    /// <summary>Derivatives that are remembered.</summary>
    public int Count => _known.Count;

    /// <summary>Begins to count what <see cref="GrammarLimits.Work"/> limits.</summary>
    /// <param name="text">The text that it is done for; null while a grammar is read.</param>
    public void BeginWork(TextWork? text) => (_work, _text) = (0, text);

    public Expression After(Expression expression, byte next)
    {
        switch (nodes.Kind(expression))
        {
            case ExpressionKind.Set:
                return nodes.Set(expression).Contains(next) ? pool.Empty : pool.Nothing;
            case ExpressionKind.Empty:
                return pool.Nothing;
        }

        long key = (long)expression.Id << 8 | (uint)nodes.Boundaries(expression).LastUpTo(next);
        if (_known.TryGetValue(key, out Expression known))
            return known;
        Work(1);
        Guard.Stack();
        Expression derivative = Compute(expression, next);
        if (_known.Count >= GrammarLimits.Derivatives)
            _known.Clear();
        _known[key] = derivative;
        return derivative;
    }

    private Expression Compute(Expression expression, byte next)
    {
        switch (nodes.Kind(expression))
        {
            case ExpressionKind.Sequence:
                Expression head = nodes.Head(expression), tail = nodes.Tail(expression);
                Expression rest = pool.Sequence(After(head, next), tail);
                return nodes.IsNullable(head) ? pool.Or(rest, After(tail, next)) : rest;
            case ExpressionKind.Repeat:
                int minimum = nodes.Minimum(expression), maximum = nodes.Maximum(expression);
                Expression body = nodes.Body(expression);
                return pool.Sequence(After(body, next), pool.Repeat(body, Math.Max(minimum - 1, 0),
                    maximum == ExpressionPool.Unbounded ? maximum : maximum - 1));
            case ExpressionKind.Not:
                return pool.Not(After(nodes.Body(expression), next));
            case ExpressionKind.Multiple:
                return nodes.Remainder(expression).After(next) is { } remainder ? pool.Multiple(remainder) : pool.Nothing;
            default:
                return AfterMembers(expression, next);
        }
    }

    private Expression AfterMembers(Expression expression, byte next)
    {
        bool isOr = nodes.Kind(expression) == ExpressionKind.Or;
        Work(nodes.Members(expression).Length);
        List<Expression> list = _lists.TryPop(out List<Expression>? rented) ? rented : [];
        for (int i = 0; i < nodes.Members(expression).Length; i++)
        {
            Expression derivative = After(nodes.Members(expression)[i], next);
            if (derivative != pool.Nothing)
            {
                list.Add(derivative);
            }
            else if (!isOr)
            {
                list.Clear();
                list.Add(derivative);
                break;
            }
        }

        ReadOnlySpan<Expression> members = CollectionsMarshal.AsSpan(list);
        Expression result = isOr ? pool.Or(members) : pool.And(members);
        list.Clear();
        _lists.Push(list);
        return result;
    }

    /// <summary>Counts work.</summary>
    /// <exception cref="GrammarException">It is more than <see cref="GrammarLimits.Work"/>, or than the text has left.</exception>
    public void Work(int count)
    {
        _work += count;
        if (_work > GrammarLimits.Work)
            throw new GrammarException("", "the grammar is too complex: a step takes too long");
        _text?.Take(count);
    }
}
