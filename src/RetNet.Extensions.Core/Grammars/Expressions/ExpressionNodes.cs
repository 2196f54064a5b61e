using System.Runtime.InteropServices;

namespace RetNet.Extensions.Core.Grammars.Expressions;

/// <summary>The nodes of an <see cref="ExpressionPool"/>, each kept once, with what is known of each: whether it has the empty text, at
/// which first bytes its derivative changes, and whether it may be empty unseen.</summary>
internal sealed class ExpressionNodes
{
    private readonly List<ByteSet> _sets = [];
    private readonly Dictionary<ByteSet, int> _setIndex = [];
    private readonly List<DecimalRemainder> _remainders = [];
    private readonly Dictionary<DecimalRemainder, int> _remainderIndex = [];
    private readonly List<int> _members = [];
    private Node[] _nodes = new Node[256];
    private int[] _table = new int[512];

    public int Count { get; private set; }

    public ExpressionKind Kind(Expression expression) => _nodes[expression.Id].Kind;

    public ByteSet Set(Expression expression) => _sets[_nodes[expression.Id].A];

    public DecimalRemainder Remainder(Expression expression) => _remainders[_nodes[expression.Id].A];

    public Expression Head(Expression sequence) => new(_nodes[sequence.Id].A);

    public Expression Tail(Expression sequence) => new(_nodes[sequence.Id].B);

    public Expression Body(Expression repeatOrNot) => new(_nodes[repeatOrNot.Id].A);

    public int Minimum(Expression repeat) => _nodes[repeat.Id].B;

    public int Maximum(Expression repeat) => _nodes[repeat.Id].C;

    /// <summary>The members of a union or intersection; valid until the next node is added.</summary>
    public ReadOnlySpan<Expression> Members(Expression expression)
    {
        ref Node node = ref _nodes[expression.Id];
        return MemoryMarshal.Cast<int, Expression>(CollectionsMarshal.AsSpan(_members).Slice(node.A, node.B));
    }

    public bool IsNullable(Expression expression) => _nodes[expression.Id].IsNullable;

    /// <summary>Whether only a search tells if the language has a text: it is made with intersections or complements.</summary>
    public bool NeedsSearch(Expression expression) => _nodes[expression.Id].NeedsSearch;

    public ByteSet Boundaries(Expression expression) => _nodes[expression.Id].Boundaries;

    public Expression Add(ByteSet set)
    {
        if (!_setIndex.TryGetValue(set, out int index))
        {
            _setIndex.Add(set, index = _sets.Count);
            _sets.Add(set);
        }

        return Add(new Node { Kind = ExpressionKind.Set, A = index, Boundaries = set.Boundaries() });
    }

    public Expression Add(DecimalRemainder remainder)
    {
        if (!_remainderIndex.TryGetValue(remainder, out int index))
        {
            _remainderIndex.Add(remainder, index = _remainders.Count);
            _remainders.Add(remainder);
        }

        ByteSet boundaries = ByteSet.Range('0', '9' + 1) | ByteSet.Range('.', '.' + 1);
        return Add(new Node { Kind = ExpressionKind.Multiple, A = index, IsNullable = remainder.IsMultiple, Boundaries = boundaries });
    }

    public Expression Add(ExpressionKind kind, int a = 0, int b = 0, int c = 0)
    {
        Node node = new() { Kind = kind, A = a, B = b, C = c };
        switch (kind)
        {
            case ExpressionKind.Empty:
                node.IsNullable = true;
                break;
            case ExpressionKind.Sequence:
                node.IsNullable = _nodes[a].IsNullable && _nodes[b].IsNullable;
                node.NeedsSearch = _nodes[a].NeedsSearch || _nodes[b].NeedsSearch;
                node.Boundaries = _nodes[a].IsNullable ? _nodes[a].Boundaries | _nodes[b].Boundaries : _nodes[a].Boundaries;
                break;
            case ExpressionKind.Not:
                node.IsNullable = !_nodes[a].IsNullable;
                node.NeedsSearch = true;
                node.Boundaries = _nodes[a].Boundaries;
                break;
            case ExpressionKind.Repeat:
                node.IsNullable = b == 0;
                node.NeedsSearch = _nodes[a].NeedsSearch;
                node.Boundaries = _nodes[a].Boundaries;
                break;
        }

        return Add(node);
    }

    /// <summary>A union or an intersection.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="members">At least two, sorted, without duplicates.</param>
    public Expression Add(ExpressionKind kind, ReadOnlySpan<Expression> members)
    {
        bool isAnd = kind == ExpressionKind.And;
        Node node = new() { Kind = kind, A = _members.Count, B = members.Length, IsNullable = isAnd, NeedsSearch = isAnd };
        foreach (Expression member in members)
        {
            ref Node part = ref _nodes[member.Id];
            node.IsNullable = isAnd ? node.IsNullable && part.IsNullable : node.IsNullable || part.IsNullable;
            node.NeedsSearch |= part.NeedsSearch;
            node.Boundaries |= part.Boundaries;
        }

        _members.AddRange(MemoryMarshal.Cast<Expression, int>(members));
        Expression added = Add(node);
        if (_nodes[added.Id].A != node.A)
            _members.RemoveRange(node.A, members.Length);
        return added;
    }

    private Expression Add(in Node node)
    {
        int mask = _table.Length - 1;
        int slot = (int)Hash(node) & mask;
        for (; _table[slot] != 0; slot = slot + 1 & mask)
        {
            if (AreEqual(_nodes[_table[slot] - 1], node))
                return new Expression(_table[slot] - 1);
        }

        if (Count >= GrammarLimits.Expressions || _members.Count > 8 * GrammarLimits.Expressions)
            throw new GrammarException("", "the grammar is too complex: it needs too many states");
        if (Count == _nodes.Length)
            Array.Resize(ref _nodes, 2 * Count);
        _nodes[Count] = node;
        _table[slot] = ++Count;
        if (2 * Count > _table.Length)
            Rehash();
        return new Expression(Count - 1);
    }

    private void Rehash()
    {
        _table = new int[2 * _table.Length];
        int mask = _table.Length - 1;
        for (int id = 0; id < Count; id++)
        {
            int slot = (int)Hash(_nodes[id]) & mask;
            while (_table[slot] != 0)
                slot = slot + 1 & mask;
            _table[slot] = id + 1;
        }
    }

    private bool AreEqual(in Node left, in Node right)
    {
        if (left.Kind != right.Kind)
            return false;
        if (left.Kind is not (ExpressionKind.Or or ExpressionKind.And))
            return left.A == right.A && left.B == right.B && left.C == right.C;
        return left.B == right.B && Members(left).SequenceEqual(Members(right));
    }

    private uint Hash(in Node node)
    {
        uint hash = (uint)node.Kind;
        if (node.Kind is ExpressionKind.Or or ExpressionKind.And)
        {
            foreach (int member in Members(node))
                hash = Mix(hash, member);
        }
        else
        {
            hash = Mix(Mix(Mix(hash, node.A), node.B), node.C);
        }

        return hash ^ hash >> 15;
    }

    private static uint Mix(uint hash, int value) => (hash ^ (uint)value) * 0x9E3779B1 ^ hash >> 13;

    private ReadOnlySpan<int> Members(in Node node) => CollectionsMarshal.AsSpan(_members).Slice(node.A, node.B);

    /// <summary>A, B, C: a set's or remainder's index; head, tail; first member and count; body, minimum, maximum.</summary>
    private struct Node
    {
        public ExpressionKind Kind;
        public bool IsNullable;
        public bool NeedsSearch;
        public int A;
        public int B;
        public int C;
        public ByteSet Boundaries;
    }
}
