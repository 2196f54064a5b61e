using RetNet.Extensions.Core.Grammars.Expressions;

namespace RetNet.Extensions.Core.Grammars;

/// <summary>
/// How many plain characters may follow, whichever they are: characters that a JSON string writes as they are. Where a text may go on with
/// any of them, as in most strings, whole slices of a vocabulary are allowed without a walk.
/// </summary>
internal sealed class PlainReach
{
    private const int LongestSearch = 30, MostSteps = 1_500;

    private readonly ExpressionPool _pool;
    private readonly FiniteLanguages _finite;
    private readonly Expression _character;
    private readonly Dictionary<Expression, bool> _covers = [];
    private readonly Dictionary<Expression, int> _known = [];
    private readonly HashSet<Expression> _seen = [];
    private readonly List<Expression> _level = [], _nextLevel = [];
    private readonly Stack<(Expression State, Expression Character)> _left = [];

    public PlainReach(ExpressionPool pool)
    {
        _pool = pool;
        _finite = new FiniteLanguages(pool);
        _character = new Utf8Class(pool, JsonStringClass.Unescaped).Expression;
    }

    /// <summary>A number of plain characters, each of which may be any, that a text of the language may begin with; perhaps not the
    /// highest such number. <see cref="ExpressionPool.Unbounded"/>: any number.</summary>
    public int Of(Expression expression)
    {
        ExpressionNodes nodes = _pool.Nodes;
        switch (nodes.Kind(expression))
        {
            case ExpressionKind.Repeat:
                return Covers(nodes.Body(expression)) ? nodes.Maximum(expression) : 0;
            case ExpressionKind.Sequence:
                Expression head = nodes.Head(expression);
                int reach = nodes.Kind(head) is ExpressionKind.Repeat or ExpressionKind.And ? Of(head) : 0;
                return reach == 0 && nodes.NeedsSearch(head) ? Search(expression) : reach;
            case ExpressionKind.Or:
                int most = 0;
                for (int i = 0; i < nodes.Members(expression).Length; i++)
                {
                    // A member of which no text ends allows no character.
                    Expression member = nodes.Members(expression)[i];
                    if (!_pool.IsEmpty(member))
                        most = Math.Max(most, Of(member));
                }

                return most;
            case ExpressionKind.And:
                // Where any number of plain characters may follow, infinitely many texts do, and leaving out some leaves others.
                Expression infinite = _finite.Without(expression);
                return infinite != expression && Of(infinite) == ExpressionPool.Unbounded ? ExpressionPool.Unbounded : Search(expression);
            case ExpressionKind.Not:
                return Search(expression);
            default:
                return 0;
        }
    }

    private bool Covers(Expression body)
    {
        if (!_covers.TryGetValue(body, out bool covers))
            _covers.Add(body, covers = _pool.IsSubset(_character, body));
        return covers;
    }

    /// <summary>All states after one character, after two, … until there is no new one.</summary>
    private int Search(Expression start)
    {
        if (_known.TryGetValue(start, out int known))
            return known;
        int steps = 0, reach = 0;
        _seen.Clear();
        _level.Clear();
        _level.Add(start);
        for (; _level.Count > 0 && reach < LongestSearch && TakeCharacter(ref steps); reach++)
        {
            _level.Clear();
            _level.AddRange(_nextLevel);
        }

        _pool.Work(steps / GrammarLimits.StepsOfWork);
        if (_level.Count == 0)
            reach = ExpressionPool.Unbounded;
        _known.Add(start, reach);
        return reach;
    }

    private bool TakeCharacter(ref int steps)
    {
        _nextLevel.Clear();
        _left.Clear();
        foreach (Expression state in _level)
            _left.Push((state, _character));
        while (_left.TryPop(out (Expression State, Expression Character) at))
        {
            if (at.Character == _pool.Empty)
            {
                if (_seen.Add(at.State))
                    _nextLevel.Add(at.State);
                continue;
            }

            ByteSet boundaries = _pool.Boundaries(at.State) | _pool.Boundaries(at.Character);
            for (int first = 0; first < 256; first = boundaries.NextFrom(first + 1))
            {
                Expression character = _pool.Derivative(at.Character, (byte)first);
                if (character == _pool.Nothing)
                    continue;
                Expression state = _pool.Derivative(at.State, (byte)first);
                if (++steps > MostSteps || state == _pool.Nothing || _pool.IsEmpty(state))
                    return false;
                _left.Push((state, character));
            }
        }

        return true;
    }
}
