using System.Text;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.Rules;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas;

/// <summary>The grammar's rules for the shapes of a schema, each made when a text comes to it.</summary>
internal sealed class SchemaRules(ShapeSpace space, JsonSchemaOptions options)
{
    // Beyond so many digits, a number that a model writes is a loop. Numbers of other origin may be longer.
    private const int MostDigits = 20;

    private readonly JsonSyntax _syntax = space.Syntax;
    private readonly ShapeValues _values = new();
    private readonly Dictionary<Shape, Symbol> _symbols = [];

    public JsonSyntax Syntax => _syntax;

    public ExpressionPool Pool => _syntax.Pool;

    public ShapeSpace Space => space;

    public bool IsAnyOrder => options.AnyOrder;

    private bool IsForeign => options.Whitespace == JsonWhitespace.Any;

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
        Expression text = strings == space.Strings.None ? Pool.Nothing : strings == space.Strings.All ? _syntax.AnyString
            : strings.Texts is { } texts ? Texts(texts) : _syntax.Quoted(strings.Content);
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

    private Expression Texts(IReadOnlyList<string> texts)
    {
        string[] plain = IsForeign ? [] : [.. texts.Where(text => text.EnumerateRunes().All(IsPlain))];
        Expression[] others = [.. texts.Except(plain).Select(Text)];
        return Pool.Or(Pool.Literals(plain.Select(text => Encoding.ASCII.GetBytes($"\"{text}\""))), Pool.Or(others));
    }

    private Expression Number(NumberSet numbers)
    {
        if (numbers == space.Numbers.None || numbers == space.Numbers.All)
            return numbers == space.Numbers.None ? Pool.Nothing : _syntax.AnyNumber;
        if (IsForeign || numbers.Large is not null)
            return space.Numbers.LanguageOf(numbers);
        if (numbers.Values is { } values)
            return Pool.Literals(values.Select(value => Encoding.ASCII.GetBytes(value.ToString())));
        Expression digit = Pool.Range('0', '9');
        Expression whole = Pool.Sequence(Pool.Optional(Pool.Literal("-")), Pool.Repeat(digit, 1, MostDigits));
        Expression usual = numbers.AreIntegers ? whole
            : Pool.Sequence(whole, Pool.Optional(Pool.Sequence(Pool.Literal("."), Pool.Repeat(digit, 1, MostDigits))));
        Expression some = Pool.And(numbers.Language, usual);
        return !Pool.IsEmpty(some) ? some : numbers.Language;
    }

    private IReadOnlyList<Symbol[]> Unfold(Shape shape)
    {
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
