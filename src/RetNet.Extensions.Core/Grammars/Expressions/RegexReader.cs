namespace RetNet.Extensions.Core.Grammars.Expressions;

/// <summary>
/// Regular expressions of ECMA-262 as expressions over the bytes of a text. What stands around a part matters to assertions, so a part is
/// built from its end: from the language of all that may follow it, once for each of the places where the part may begin.
/// </summary>
internal sealed class RegexReader
{
    // Places where a part may begin: at the text's start, after a word character, after another character.
    private const int Start = 0, AfterWord = 1, AfterOther = 2;

    private readonly TextExpressions _text;
    private readonly ExpressionPool _pool;
    private readonly Expression _word;
    private int _copies;
    private readonly Expression _noWord;

    private RegexReader(TextExpressions text)
    {
        _text = text;
        _pool = text.Pool;
        _word = text.Class(RegexClasses.Word);
        _noWord = text.Class(RegexClasses.Word.Complement());
    }

    /// <summary>The texts in which a pattern is found anywhere, as <c>pattern</c> in JSON Schema means it.</summary>
    /// <exception cref="GrammarException">The pattern is malformed, too large, or no regular language.</exception>
    public static Expression Search(TextExpressions text, string pattern)
    {
        RegexNode anything = new RegexNode.Repeat(new RegexNode.Character(CodePointSet.All), 0, ExpressionPool.Unbounded, 0);
        RegexReader reader = new(text);
        return reader.Read(new RegexNode.Sequence([anything, RegexParser.Parse(pattern)]), Same(text.Anything))[Start];
    }

    /// <summary>The texts that a pattern matches from start to end.</summary>
    /// <exception cref="GrammarException">The pattern is malformed, too large, or no regular language.</exception>
    public static Expression Match(TextExpressions text, string pattern) =>
        new RegexReader(text).Read(RegexParser.Parse(pattern), Same(text.Pool.Empty))[Start];

    private static Expression[] Same(Expression expression) => [expression, expression, expression];

    /// <summary>What may stand from the begin of a part to the text's end.</summary>
    /// <param name="node">The part.</param>
    /// <param name="next">What may stand after the part, for each place where that may begin.</param>
    /// <returns>For each place where the part may begin.</returns>
    private Expression[] Read(RegexNode node, Expression[] next)
    {
        Guard.Stack();
        if (!node.HasAssertion)
            return Before(Plain(node), next);
        switch (node)
        {
            case RegexNode.Sequence sequence:
                for (int i = sequence.Parts.Count - 1; i >= 0; i--)
                    next = Read(sequence.Parts[i], next);
                return next;
            case RegexNode.Choice choice:
                Expression[] union = Same(_pool.Nothing);
                foreach (RegexNode member in choice.Members)
                {
                    Expression[] one = Read(member, next);
                    for (int place = 0; place < union.Length; place++)
                        union[place] = _pool.Or(union[place], one[place]);
                }

                return union;
            case RegexNode.Repeat repeat:
                return ReadRepeat(repeat, next);
            case RegexNode.Lookahead lookahead:
                Expression[] ahead = Read(lookahead.Body, Same(_text.Anything));
                return Each(place => _pool.And(next[place], lookahead.IsNegative ? _pool.Not(ahead[place]) : ahead[place]));
            default:
                return ReadAssertion(((RegexNode.Assertion)node).Kind, next);
        }
    }

    private Expression[] ReadAssertion(AssertionKind kind, Expression[] next)
    {
        switch (kind)
        {
            case AssertionKind.Start:
                return [next[Start], _pool.Nothing, _pool.Nothing];
            case AssertionKind.End:
                return Each(place => _pool.IsNullable(next[place]) ? _pool.Empty : _pool.Nothing);
            default:
                Expression word = _pool.Sequence(_word, _text.Anything), noWord = _pool.Optional(_pool.Sequence(_noWord, _text.Anything));
                bool isBoundary = kind == AssertionKind.WordBoundary;
                return Each(place => _pool.And(next[place], place == AfterWord == isBoundary ? noWord : word));
        }
    }

    private Expression[] ReadRepeat(RegexNode.Repeat repeat, Expression[] next)
    {
        bool isUnbounded = repeat.Maximum == ExpressionPool.Unbounded;
        int copies = isUnbounded ? repeat.Minimum : repeat.Maximum;
        // Those of repetitions inside of one another multiply.
        if (copies > GrammarLimits.Copies || (_copies += copies) > GrammarLimits.AllCopies)
            throw new GrammarException($"regular expression, position {repeat.Position}", $"an assertion repeated {copies} times");
        if (isUnbounded)
            next = ReadTempered(repeat, next);
        for (int i = copies; i > 0; i--)
        {
            Expression[] more = Read(repeat.Body, next), after = next;
            next = i > repeat.Minimum ? Each(place => _pool.Or(more[place], after[place])) : more;
        }

        return next;
    }

    /// <summary><c>(?:(?!x).)*</c> before the text's end: characters of which none begins an x.</summary>
    private Expression[] ReadTempered(RegexNode.Repeat repeat, Expression[] next)
    {
        IReadOnlyList<RegexNode> parts = repeat.Body is RegexNode.Sequence sequence ? sequence.Parts : [repeat.Body];
        bool isTempered = parts.Count > 1 && parts[^1] is RegexNode.Character && parts.SkipLast(1).All(part => part is RegexNode.Lookahead)
            && Array.TrueForAll(next, expression => expression == _pool.Empty);
        if (!isTempered)
        {
            throw new GrammarException($"regular expression, position {repeat.Position}",
                "an assertion inside an unbounded repetition, which is supported only as '(?:(?!x).)*' at the end");
        }

        Expression[] places = Same(_pool.Repeat(Plain(parts[^1]), 0));
        foreach (RegexNode.Lookahead lookahead in parts.SkipLast(1).Cast<RegexNode.Lookahead>())
        {
            Expression[] ahead = Read(lookahead.Body, Same(_text.Anything));
            // The lookahead is tried before each character, so never at the text's end.
            Expression[] bad = Each(place => _pool.And(_pool.Sequence(_text.AnyCharacter, _text.Anything),
                lookahead.IsNegative ? ahead[place] : _pool.Not(ahead[place])));
            Expression[] found = Before(_text.Anything, bad);
            places = Each(place => _pool.And(places[place], _pool.Not(found[place])));
        }

        return places;
    }

    /// <summary>A part without assertions, then what may follow it.</summary>
    private Expression[] Before(Expression part, Expression[] next)
    {
        if (next[AfterWord] == next[AfterOther] && next[Start] == next[AfterWord])
            return Same(_pool.Sequence(part, next[Start]));
        Expression some = next[AfterWord] == next[AfterOther]
            ? _pool.Sequence(NotEmpty(part), next[AfterWord])
            : _pool.Or(_pool.Sequence(EndingWith(part, _word), next[AfterWord]),
                _pool.Sequence(EndingWith(part, _noWord), next[AfterOther]));
        return _pool.IsNullable(part) ? Each(place => _pool.Or(some, next[place])) : Same(some);
    }

    private Expression EndingWith(Expression part, Expression last) => _pool.And(part, _pool.Sequence(_text.Anything, last));

    private Expression NotEmpty(Expression part)
    {
        if (!_pool.IsNullable(part))
            return part;
        return part == _pool.Empty ? _pool.Nothing
            : part == _text.Anything ? _pool.Repeat(_text.AnyCharacter, 1)
            : _pool.And(part, _pool.Sequence(_text.AnyCharacter, _text.Anything));
    }

    private Expression Plain(RegexNode node)
    {
        Guard.Stack();
        switch (node)
        {
            case RegexNode.Character character:
                return _text.Class(character.Set);
            case RegexNode.Sequence sequence:
                return _pool.Sequence([.. sequence.Parts.Select(Plain)]);
            case RegexNode.Choice choice:
                return _pool.Or([.. choice.Members.Select(Plain)]);
            default:
                RegexNode.Repeat repeat = (RegexNode.Repeat)node;
                return _pool.Repeat(Plain(repeat.Body), repeat.Minimum, repeat.Maximum);
        }
    }

    private static Expression[] Each(Func<int, Expression> create) => [create(Start), create(AfterWord), create(AfterOther)];
}
