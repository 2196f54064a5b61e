using System.Text.Encodings.Web;
using System.Text.Json;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.JsonSchemas.Languages;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas;

/// <summary>Sets of strings.</summary>
internal sealed class StringAlgebra : ComplementAlgebra<StringSet>
{
    private readonly Dictionary<string, Expression> _patterns = [];
    private readonly Dictionary<string, Expression> _formats = [];

    public StringAlgebra(JsonSyntax syntax)
    {
        Syntax = syntax;
        All = new StringSet(null, syntax.Text.Anything);
    }

    public JsonSyntax Syntax { get; }

    public override StringSet All { get; }

    public override StringSet None => StringSet.None;

    /// <summary>The texts in which a pattern is found.</summary>
    public Expression Search(string pattern) => Read(_patterns, pattern, RegexReader.Search);

    /// <summary>The texts that a pattern matches from start to end.</summary>
    public Expression Match(string pattern) => Read(_formats, pattern, RegexReader.Match);

    public override StringSet And(StringSet left, StringSet right)
    {
        if (left == All || right == None)
            return right;
        if (right == All || left == None || left == right)
            return left;
        if (left.Texts is not null)
            return StringSet.Of(left.Texts.Where(text => Contains(right, text)));
        if (right.Texts is not null)
            return StringSet.Of(right.Texts.Where(text => Contains(left, text)));
        return new StringSet(null, Syntax.Pool.And(left.Content, right.Content));
    }

    public override StringSet Or(StringSet left, StringSet right)
    {
        if (left == All || right == None)
            return left;
        if (right == All || left == None)
            return right;
        return left.Texts is not null && right.Texts is not null
            ? StringSet.Of(left.Texts.Concat(right.Texts))
            : new StringSet(null, Syntax.Pool.Or(ContentOf(left), ContentOf(right)));
    }

    public override StringSet Not(StringSet set) =>
        set == None ? All : set == All ? None : new StringSet(null, Syntax.Text.Not(ContentOf(set)));

    public override bool IsNone(StringSet set) => set == None;

    /// <summary>Whether a set has a member.</summary>
    /// <exception cref="GrammarException">Deciding it takes too many states.</exception>
    public bool HasMember(StringSet set) => set.Texts is not null ? set.Texts.Count > 0 : !Syntax.Pool.IsEmpty(set.Content);

    public bool Contains(StringSet set, string text) => set == All || (set.Texts is { } texts ? texts.Contains(text)
        : Syntax.Pool.Matches(set.Content, JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes));

    /// <summary>The language of a set, between quotation marks.</summary>
    public Expression ContentOf(StringSet set)
    {
        if (set.Texts is not { } texts)
            return set.Content;
        Expression[] literals = [.. texts.Select(Syntax.Text.Literal)];
        return Syntax.Pool.Or(literals);
    }

    /// <summary>A language as it is written: of the texts of a format those that most programs read.</summary>
    public Expression Usual(Expression content)
    {
        foreach ((string format, string usual) in StringFormats.Usual)
        {
            if (_formats.TryGetValue(StringFormats.PatternOf(format)!, out Expression all) && content == all)
                return Match(usual);
        }

        return content;
    }

    protected override StringSet SetOf(Condition leaf) => leaf switch
    {
        Condition.Types types => types.Allowed.HasFlag(JsonTypes.String) ? All : None,
        Condition.Values values =>
            StringSet.Of(values.Members.Where(value => value.Kind == JsonValueKind.String).Select(value => value.Text)),
        Condition.Text text => ReadText(text),
        _ => All,
    };

    private StringSet ReadText(Condition.Text text)
    {
        try
        {
            Expression content = text.Read(this);
            return content == Syntax.Text.Anything ? All : new StringSet(null, content);
        }
        catch (GrammarException exception)
        {
            throw text.Place.Refuse(exception);
        }
    }

    private Expression Read(Dictionary<string, Expression> known, string pattern, Func<TextExpressions, string, Expression> read)
    {
        if (!known.TryGetValue(pattern, out Expression expression))
            known.Add(pattern, expression = read(Syntax.Text, pattern));
        return expression;
    }
}

/// <summary>A set of strings: some texts, or the language of an expression between quotation marks.</summary>
/// <param name="Texts">The texts, if the set is given so.</param>
/// <param name="Content">Otherwise the language, in <see cref="JsonSyntax.Text"/>.</param>
internal sealed record StringSet(IReadOnlySet<string>? Texts, Expression Content)
{
    public static readonly StringSet None = new(new HashSet<string>(), default);

    public static StringSet Of(params IEnumerable<string> texts)
    {
        HashSet<string> set = [.. texts];
        return set.Count == 0 ? None : new StringSet(set, default);
    }
}
