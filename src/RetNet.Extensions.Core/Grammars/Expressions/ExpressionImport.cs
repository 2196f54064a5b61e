namespace RetNet.Extensions.Core.Grammars.Expressions;

/// <summary>Copies expressions from one pool into another, each once.</summary>
internal sealed class ExpressionImport(ExpressionPool source, ExpressionPool target)
{
    private readonly Dictionary<Expression, Expression> _copies = [];

    public Expression Copy(Expression expression)
    {
        if (_copies.TryGetValue(expression, out Expression known))
            return known;
        Guard.Stack();
        ExpressionNodes nodes = source.Nodes;
        Expression copy = nodes.Kind(expression) switch
        {
            ExpressionKind.Set => target.Bytes(nodes.Set(expression)),
            ExpressionKind.Empty => target.Empty,
            ExpressionKind.Sequence => CopySequence(expression),
            ExpressionKind.Or => target.Or(Copy(nodes.Members(expression))),
            ExpressionKind.And => target.And(Copy(nodes.Members(expression))),
            ExpressionKind.Not => target.Not(Copy(nodes.Body(expression))),
            ExpressionKind.Repeat => target.Repeat(Copy(nodes.Body(expression)), nodes.Minimum(expression), nodes.Maximum(expression)),
            _ => target.Multiple(nodes.Remainder(expression)),
        };
        _copies.Add(expression, copy);
        return copy;
    }

    /// <summary>A long literal is a long chain of tails: a loop, not a recursion.</summary>
    private Expression CopySequence(Expression sequence)
    {
        List<Expression> heads = [];
        Expression rest = sequence;
        for (; source.Nodes.Kind(rest) == ExpressionKind.Sequence && !_copies.ContainsKey(rest); rest = source.Nodes.Tail(rest))
            heads.Add(source.Nodes.Head(rest));
        Expression copy = Copy(rest);
        for (int i = heads.Count - 1; i >= 0; i--)
            copy = target.Sequence(Copy(heads[i]), copy);
        return copy;
    }

    private Expression[] Copy(ReadOnlySpan<Expression> members)
    {
        Expression[] copies = new Expression[members.Length];
        for (int i = 0; i < members.Length; i++)
            copies[i] = Copy(members[i]);
        return copies;
    }
}
