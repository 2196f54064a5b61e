using System.Text;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.Rules;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas.Texts;

/// <summary>The grammar's rules for the shapes of a schema, each made when a text comes to it.</summary>
internal sealed class SchemaRules
{
    // What a long of .NET holds.
    private const string UsualIntegers = @"0|-?[1-9]\d{0,17}";

    private readonly ShapeSpace _space;
    private readonly JsonSchemaOptions _options;
    private readonly JsonSyntax _syntax;
    private readonly Expression _usualIntegers;
    private readonly ShapeValues _values = new();
    private readonly Dictionary<Shape, Symbol> _symbols = [];

    public SchemaRules(ShapeSpace space, JsonSchemaOptions options)
    {
        _space = space;
        _options = options;
        _syntax = space.Syntax;
        _usualIntegers = RegexReader.Match(new TextExpressions(Pool, TextForm.Plain), UsualIntegers);
    }

    public JsonSyntax Syntax => _syntax;

    public ExpressionPool Pool => _syntax.Pool;

    public ShapeSpace Space => _space;

    public bool IsAnyOrder => _options.AnyOrder;

    public bool IsOnlyNamed => _options.OnlyNamed;

    private bool IsForeign => _options.Whitespace == JsonWhitespace.Any;

    /// <summary>Whether a shape has a value.</summary>
    public bool HasValue(Shape shape) => _values.HasValue(shape);

    /// <summary>The texts of a shape's values; it must have one.</summary>
    public Symbol ValueOf(Shape shape)
    {
        if (shape.IsAny)
            return _syntax.AnyValue;
        if (!_symbols.TryGetValue(shape, out Symbol? symbol))
            _symbols.Add(shape, symbol = new Rule("value", Pool, () => Unfold(shape)));
        return symbol;
    }

    /// <summary>The texts of strings, numbers and literals; <see cref="ExpressionPool.Nothing"/> where there are none.</summary>
    public Expression Scalars(StringSet strings, NumberSet numbers, Literals literals)
    {
        List<byte[]> words = [];
        if (literals.HasFlag(Literals.Null))
            words.Add("null"u8.ToArray());
        if (literals.HasFlag(Literals.True))
            words.Add("true"u8.ToArray());
        if (literals.HasFlag(Literals.False))
            words.Add("false"u8.ToArray());
        Expression text = strings == _space.Strings.None ? Pool.Nothing : strings == _space.Strings.All ? _syntax.AnyString
            : strings.Texts is { } texts ? Texts(texts)
            : _syntax.Quoted(IsForeign ? strings.Content : _space.Strings.Usual(strings.Content));
        return Pool.Or(text, Number(numbers), Pool.Literals(words));
    }

    /// <summary>
    /// A text between quotation marks: plainly as far as it is ASCII, which almost all writers write plainly, so that it is forced; other
    /// characters, and all where texts of other origin are read, in every form that JSON has.
    /// </summary>
    public Expression Text(string text)
    {
        if (IsForeign)
            return _syntax.Quoted(_syntax.Text.Literal(text));
        Expression content = Pool.Empty;
        foreach (Rune rune in text.EnumerateRunes().Reverse())
            content = Pool.Sequence(IsPlain(rune) ? Pool.Range(rune.Value, rune.Value) : _syntax.Text.Literal(rune.ToString()), content);
        return _syntax.Quoted(content);
    }

    private static bool IsPlain(Rune rune) => rune.Value is >= ' ' and <= '~' and not ('"' or '\\');

    private Expression Texts(IReadOnlySet<string> texts)
    {
        string[] plain = IsForeign ? [] : [.. texts.Where(text => text.EnumerateRunes().All(IsPlain))];
        Expression[] others = [.. texts.Except(plain).Select(Text)];
        return Pool.Or(Pool.Literals(plain.Select(text => Encoding.ASCII.GetBytes($"\"{text}\""))), Pool.Or(others));
    }

    private Expression Number(NumberSet numbers)
    {
        if (numbers == _space.Numbers.None)
            return Pool.Nothing;
        if (IsForeign || numbers.Large is not null)
            return _space.Numbers.LanguageOf(numbers);
        if (numbers.Values is { } values)
            return Pool.Literals(values.Select(value => Encoding.ASCII.GetBytes(value.ToString())));
        Expression some = Pool.And(numbers.Language, numbers.AreIntegers ? _usualIntegers : _syntax.AnyNumber);
        return !Pool.IsEmpty(some) ? some : numbers.Language;
    }

    private IReadOnlyList<Symbol[]> Unfold(Shape shape)
    {
        _space.BeginWork();
        List<Symbol[]> alternatives = [];
        Expression scalars = Scalars(shape.Strings, shape.Numbers, shape.Literals);
        if (!Pool.IsEmpty(scalars))
            alternatives.Add([_syntax.Terminal(scalars)]);
        foreach (ArrayPlan plan in shape.Arrays.Where(plan => plan.HasText(HasValue)))
            alternatives.Add(new ArrayRules(this, plan).Array);
        foreach (ObjectPlan plan in shape.Objects.Where(plan => plan.HasText(HasValue)))
            alternatives.Add(new ObjectRules(this, plan).Object);
        return alternatives;
    }
}
