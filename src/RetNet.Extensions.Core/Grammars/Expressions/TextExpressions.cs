using System.Text;

namespace RetNet.Extensions.Core.Grammars.Expressions;

/// <summary>How characters are written in the bytes of an expression.</summary>
internal enum TextForm
{
    /// <summary>UTF-8.</summary>
    Plain,

    /// <summary>As between the quotation marks of a JSON string: UTF-8, and every escape that JSON has for the character.</summary>
    JsonString,

    /// <summary>The same as writers write it: printable ASCII characters are escaped only where they must be, and then shortly.</summary>
    UsualJsonString,
}

/// <summary>
/// Languages of texts, as expressions over the bytes in which a <see cref="TextForm"/> writes them. Each has, for every text, all ways of
/// the form to write it, so that unions, intersections and <see cref="Not"/> mean the same on texts and on bytes.
/// </summary>
internal sealed class TextExpressions
{
    private readonly Dictionary<CodePointSet, Expression> _classes = [];
    private int _ranges;

    public TextExpressions(ExpressionPool pool, TextForm form)
    {
        Pool = pool;
        Form = form;
        AnyCharacter = Class(CodePointSet.All);
        Anything = pool.Repeat(AnyCharacter, 0);
    }

    public ExpressionPool Pool { get; }

    public TextForm Form { get; }

    /// <summary>One character.</summary>
    public Expression AnyCharacter { get; }

    /// <summary>All texts.</summary>
    public Expression Anything { get; }

    /// <summary>One character of a set.</summary>
    /// <exception cref="GrammarException">All sets together are too large.</exception>
    public Expression Class(CodePointSet set)
    {
        if (_classes.TryGetValue(set, out Expression known))
            return known;
        _ranges += set.Ranges.Length;
        if (_ranges > GrammarLimits.CharacterRanges)
            throw new GrammarException("", $"character classes of more than {GrammarLimits.CharacterRanges} ranges");
        Expression expression = Form == TextForm.Plain ? new Utf8Class(Pool, set).Expression
            : JsonStringClass.Create(Pool, set, isUsual: Form == TextForm.UsualJsonString);
        _classes.Add(set, expression);
        return expression;
    }

    /// <summary>Exactly this text. A lone surrogate in it counts as U+FFFD.</summary>
    public Expression Literal(string text)
    {
        if (Form == TextForm.Plain)
            return Pool.Literal(text);
        Rune[] runes = [.. text.EnumerateRunes()];
        Expression tail = Pool.Empty;
        for (int i = runes.Length - 1; i >= 0; i--)
            tail = Pool.Sequence(Class(CodePointSet.Of((runes[i].Value, runes[i].Value))), tail);
        return tail;
    }

    /// <summary>All texts but those of <paramref name="excluded"/>.</summary>
    public Expression Not(Expression excluded) => Pool.Without(Anything, excluded);

    /// <summary>Texts of so many characters (code points).</summary>
    public Expression Length(int minimum, int maximum = ExpressionPool.Unbounded) => Pool.Repeat(AnyCharacter, minimum, maximum);
}
