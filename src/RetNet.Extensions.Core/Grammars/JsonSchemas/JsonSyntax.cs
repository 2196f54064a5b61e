using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.Rules;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas;

/// <summary>The pieces that JSON texts are made of, in one pool and with one kind of white space.</summary>
internal sealed class JsonSyntax
{
    private const int LongestSpace = 64;
    private const string AllNumbers = @"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?";

    // Beyond 20 digits, a number that a model writes is a loop; beyond these exponents, it is no decimal of .NET.
    private const string UsualNumbers =
        @"-?(?:(?:0|[1-9]\d{0,19})(?:\.\d{1,20})?|\d(?:\.\d{1,20})?[eE](?:\+?(?:1?\d|2[0-7])|-\d{1,2}))";

    public JsonSyntax(ExpressionPool pool, JsonWhitespace whitespace)
    {
        Pool = pool;
        Text = new TextExpressions(pool, whitespace == JsonWhitespace.Any ? TextForm.JsonString : TextForm.UsualJsonString);
        TextExpressions plain = new(pool, TextForm.Plain);
        Expression space = whitespace == JsonWhitespace.Any
            ? pool.Repeat(pool.Bytes(ByteSet.Of(" \t\r\n"u8)), 0, LongestSpace)
            : pool.Empty;
        Expression gap = whitespace == JsonWhitespace.Spaced ? pool.Literal(" ") : space;
        Space = space;
        OpenObject = pool.Sequence(pool.Literal("{"), space);
        CloseObject = pool.Sequence(space, pool.Literal("}"));
        OpenArray = pool.Sequence(pool.Literal("["), space);
        CloseArray = pool.Sequence(space, pool.Literal("]"));
        Comma = pool.Sequence(space, pool.Literal(","), gap);
        Colon = pool.Sequence(space, pool.Literal(":"), gap);
        AnyString = Quoted(Text.Anything);
        AnyNumber = whitespace == JsonWhitespace.Any ? RegexReader.Match(plain, AllNumbers) : RegexReader.Match(plain, UsualNumbers);
        AnyScalar = pool.Or(AnyString, AnyNumber, pool.Literals(["true"u8.ToArray(), "false"u8.ToArray(), "null"u8.ToArray()]));
        AnyValue = new Rule("value", pool, UnfoldValue);
    }

    public ExpressionPool Pool { get; }

    /// <summary>The texts inside strings.</summary>
    public TextExpressions Text { get; }

    /// <summary>White space that may stand between parts.</summary>
    public Expression Space { get; }

    public Expression OpenObject { get; }

    public Expression CloseObject { get; }

    public Expression OpenArray { get; }

    public Expression CloseArray { get; }

    public Expression Comma { get; }

    public Expression Colon { get; }

    /// <summary>Any string, with its quotation marks.</summary>
    public Expression AnyString { get; }

    /// <summary>Any number: in all forms that JSON has where texts of other origin are read, otherwise as long as is usual.</summary>
    public Expression AnyNumber { get; }

    /// <summary>Any string, number, <c>true</c>, <c>false</c> or <c>null</c>.</summary>
    public Expression AnyScalar { get; }

    /// <summary>Any JSON value.</summary>
    public Symbol AnyValue { get; }

    /// <summary>A string whose content is one of <paramref name="content"/>, an expression of <see cref="Text"/>.</summary>
    public Expression Quoted(Expression content) => Pool.Sequence(Pool.Literal("\""), content, Pool.Literal("\""));

    public Terminal Terminal(Expression expression) => new(Pool, expression);

    private IReadOnlyList<Symbol[]> UnfoldValue()
    {
        Terminal member = Terminal(Pool.Sequence(AnyString, Colon));
        Terminal nextMember = Terminal(Pool.Sequence(Comma, AnyString, Colon)), nextItem = Terminal(Comma);
        Terminal closeObject = Terminal(CloseObject), closeArray = Terminal(CloseArray);
        Rule members = null!, items = null!;
        members = new Rule("members", Pool, () => [[closeObject], [nextMember, AnyValue, members]]);
        items = new Rule("items", Pool, () => [[closeArray], [nextItem, AnyValue, items]]);
        return
        [
            [Terminal(AnyScalar)],
            [Terminal(Pool.Sequence(OpenObject, Pool.Literal("}")))],
            [Terminal(OpenObject), member, AnyValue, members],
            [Terminal(Pool.Sequence(OpenArray, Pool.Literal("]")))],
            [Terminal(OpenArray), AnyValue, items],
        ];
    }
}
