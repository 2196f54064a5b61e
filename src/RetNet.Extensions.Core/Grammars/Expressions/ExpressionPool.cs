using System.Runtime.InteropServices;

namespace RetNet.Extensions.Core.Grammars.Expressions;

/// <summary>
/// Regular languages over bytes, closed under union, intersection and complement: each is built once, in a normal form, and is a number
/// from then on. Their deterministic automata come from derivatives (Brzozowski 1964; Owens, Reppy and Turon 2009), computed where a text
/// leads. Not thread-safe: users lock the pool.
/// </summary>
internal sealed class ExpressionPool
{
    /// <summary>The upper bound of an unbounded repetition.</summary>
    public const int Unbounded = int.MaxValue;

    // Of an expression with what is known of it, of a derivative, and of a pool without either.
    private const int BytesOfExpression = 160, BytesOfDerivative = 40, BytesOfPool = 20_000;

    private readonly ExpressionNodes _nodes = new();
    private readonly Alternatives _alternatives;
    private readonly Derivatives _derivatives;
    private readonly EmptinessSearch _emptiness;

    public ExpressionPool()
    {
        Nothing = _nodes.Add(default(ByteSet));
        Empty = _nodes.Add(ExpressionKind.Empty);
        AnyByte = _nodes.Add(ByteSet.All);
        Everything = _nodes.Add(ExpressionKind.Repeat, AnyByte.Id, 0, Unbounded);
        _alternatives = new Alternatives(this, _nodes);
        _derivatives = new Derivatives(this, _nodes);
        _emptiness = new EmptinessSearch(this, _nodes);
    }

    /// <summary>The language without a text.</summary>
    public Expression Nothing { get; }

    /// <summary>The language whose only text is empty.</summary>
    public Expression Empty { get; }

    public Expression AnyByte { get; }

    /// <summary>All byte strings.</summary>
    public Expression Everything { get; }

    /// <summary>Expressions that the pool holds.</summary>
    public int Count => _nodes.Count;

    /// <summary>About the bytes that it holds.</summary>
    public long ByteSize => BytesOfPool + ((long)BytesOfExpression * _nodes.Count) + ((long)BytesOfDerivative * _derivatives.Count);

    internal ExpressionNodes Nodes => _nodes;

    /// <summary>One byte of a set.</summary>
    public Expression Bytes(ByteSet set) => _nodes.Add(set);

    /// <summary>One byte from <paramref name="first"/> to <paramref name="last"/>.</summary>
    public Expression Range(int first, int last) => Bytes(ByteSet.Range(first, last));

    /// <summary>Exactly these bytes.</summary>
    public Expression Literal(ReadOnlySpan<byte> bytes)
    {
        Expression tail = Empty;
        for (int i = bytes.Length - 1; i >= 0; i--)
            tail = Sequence(Bytes(ByteSet.Of(bytes[i])), tail);
        return tail;
    }

    /// <summary>The UTF-8 bytes of a text.</summary>
    public Expression Literal(string text) => Literal(System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>One of some byte strings, as a tree of their common beginnings.</summary>
    public Expression Literals(IEnumerable<byte[]> texts)
    {
        byte[][] sorted = [.. texts];
        Array.Sort(sorted, (left, right) => left.AsSpan().SequenceCompareTo(right));
        return sorted.Length == 0 ? Nothing : Literals(sorted, 0);
    }

    public Expression Sequence(params ReadOnlySpan<Expression> parts)
    {
        Expression tail = Empty;
        for (int i = parts.Length - 1; i >= 0; i--)
            tail = Sequence(parts[i], tail);
        return tail;
    }

    public Expression Sequence(Expression head, Expression tail)
    {
        if (head == Empty || tail == Nothing)
            return tail;
        if (head == Nothing || tail == Empty)
            return head;
        if (_nodes.Kind(head) == ExpressionKind.Sequence)
            return SequenceOfMany(head, tail);
        Expression next = _nodes.Kind(tail) == ExpressionKind.Sequence ? _nodes.Head(tail) : tail;
        if (_nodes.Kind(head) == ExpressionKind.Repeat && _nodes.Kind(next) == ExpressionKind.Repeat
            && _nodes.Body(head) == _nodes.Body(next))
        {
            Expression joined = Repeat(_nodes.Body(head), Sum(_nodes.Minimum(head), _nodes.Minimum(next)),
                Sum(_nodes.Maximum(head), _nodes.Maximum(next)));
            return next == tail ? joined : Sequence(joined, _nodes.Tail(tail));
        }

        return _nodes.Add(ExpressionKind.Sequence, head.Id, tail.Id);
    }

    /// <summary>Union.</summary>
    public Expression Or(params ReadOnlySpan<Expression> members) => _alternatives.Or(members);

    /// <summary>Intersection.</summary>
    public Expression And(params ReadOnlySpan<Expression> members) => _alternatives.And(members);

    /// <summary>All byte strings but those of <paramref name="excluded"/>.</summary>
    public Expression Not(Expression excluded)
    {
        if (excluded == Nothing)
            return Everything;
        if (excluded == Everything)
            return Nothing;
        return _nodes.Kind(excluded) == ExpressionKind.Not ? _nodes.Body(excluded) : _nodes.Add(ExpressionKind.Not, excluded.Id);
    }

    /// <summary>The texts of one that are not in the other.</summary>
    public Expression Without(Expression all, Expression excluded) => And(all, Not(excluded));

    /// <summary>A text <paramref name="minimum"/> to <paramref name="maximum"/> times; counted, not written out.</summary>
    public Expression Repeat(Expression body, int minimum, int maximum = Unbounded)
    {
        if (maximum < minimum)
            return Nothing;
        if (maximum == 0 || body == Empty)
            return Empty;
        if (body == Nothing)
            return minimum == 0 ? Empty : Nothing;
        if (minimum == 1 && maximum == 1)
            return body;
        if (IsNullable(body))
            minimum = 0;
        if (_nodes.Kind(body) == ExpressionKind.Repeat && _nodes.Minimum(body) <= 1 && _nodes.Maximum(body) == Unbounded)
            return Repeat(_nodes.Body(body), minimum == 0 ? 0 : _nodes.Minimum(body) * minimum);
        return _nodes.Add(ExpressionKind.Repeat, body.Id, minimum, maximum);
    }

    public Expression Optional(Expression body) => Or(Empty, body);

    /// <summary>
    /// The decimal numbers, without sign and exponent and as JSON writes them, that are multiples of <c>modulus / 10^scale</c>.
    /// </summary>
    /// <param name="modulus">1 to <see cref="DecimalRemainder.LargestModulus"/>.</param>
    /// <param name="scale">Digits of the divisor after the point, at most 300.</param>
    public Expression Multiples(long modulus, int scale)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(modulus, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(modulus, DecimalRemainder.LargestModulus);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(scale, 300);
        DecimalRemainder start = new(modulus, scale, 0, -1, MayEnd: false);
        Expression zero = Multiple(start with { MayEnd = true });
        List<Expression> numbers = [Sequence(Literal("0"u8), And(zero, Or(Empty, Sequence(Literal("."u8), Everything))))];
        for (byte digit = (byte)'1'; digit <= '9'; digit++)
            numbers.Add(Sequence(Literal([digit]), Multiple(start.After(digit)!.Value)));
        return Or(CollectionsMarshal.AsSpan(numbers));
    }

    /// <summary>Whether the empty text is one of the language's.</summary>
    public bool IsNullable(Expression expression) => _nodes.IsNullable(expression);

    /// <summary>Whether the language has no text.</summary>
    /// <exception cref="GrammarException">Deciding it takes too many states.</exception>
    public bool IsEmpty(Expression expression) => _emptiness.IsEmpty(expression);

    /// <summary>Whether every text of one language is one of the other's.</summary>
    /// <exception cref="GrammarException">Deciding it takes too many states.</exception>
    public bool IsSubset(Expression part, Expression whole) => part == whole || IsEmpty(And(part, Not(whole)));

    /// <summary>What may follow a byte: the language's texts that begin with it, without it. It may be empty without being
    /// <see cref="Nothing"/>.</summary>
    public Expression Derivative(Expression expression, byte next) => _derivatives.After(expression, next);

    /// <summary>What may follow some bytes.</summary>
    public Expression Derivative(Expression expression, ReadOnlySpan<byte> bytes)
    {
        foreach (byte next in bytes)
            expression = Derivative(expression, next);
        return expression;
    }

    /// <summary>Whether a text is one of the language's.</summary>
    public bool Matches(Expression expression, ReadOnlySpan<byte> text) => IsNullable(Derivative(expression, text));

    /// <summary>Bytes at which a derivative may differ from that by the byte before; between two of them all derivatives are the
    /// same.</summary>
    public ByteSet Boundaries(Expression expression) => _nodes.Boundaries(expression);

    /// <summary>Begins a mask or another step whose work is limited (<see cref="GrammarLimits.Work"/>).</summary>
    /// <param name="text">The text that it is done for; null while a grammar is read.</param>
    public void BeginWork(TextWork? text = null) => _derivatives.BeginWork(text);

    /// <summary>Counts work of others towards the same limit.</summary>
    /// <exception cref="GrammarException">It is too much.</exception>
    public void Work(int count) => _derivatives.Work(count);

    internal Expression Multiple(DecimalRemainder remainder) => remainder.IsDead ? Nothing : _nodes.Add(remainder);

    /// <summary>A loop, as a long literal is a long chain.</summary>
    private Expression SequenceOfMany(Expression head, Expression tail)
    {
        List<Expression> heads = [];
        for (; _nodes.Kind(head) == ExpressionKind.Sequence; head = _nodes.Tail(head))
            heads.Add(_nodes.Head(head));
        Work(heads.Count / GrammarLimits.StepsOfWork);
        tail = Sequence(head, tail);
        for (int i = heads.Count - 1; i >= 0; i--)
            tail = Sequence(heads[i], tail);
        return tail;
    }

    private Expression Literals(ReadOnlySpan<byte[]> sorted, int depth)
    {
        Guard.Stack();
        List<Expression> branches = [];
        int start = 0;
        for (; start < sorted.Length && sorted[start].Length == depth; start++)
            branches = [Empty];
        while (start < sorted.Length)
        {
            byte first = sorted[start][depth];
            int end = start + 1;
            while (end < sorted.Length && sorted[end][depth] == first)
                end++;
            int common = sorted[start].AsSpan().CommonPrefixLength(sorted[end - 1]);
            branches.Add(Sequence(Literal(sorted[start].AsSpan(depth, common - depth)),
                end == start + 1 ? Empty : Literals(sorted[start..end], common)));
            start = end;
        }

        return Or(CollectionsMarshal.AsSpan(branches));
    }

    private static int Sum(int left, int right) => (int)Math.Min((long)left + right, Unbounded);
}
