using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;

/// <summary>Parses expressions by recursive descent, with Jinja's order of precedence.</summary>
internal sealed class ExpressionParser(TokenReader tokens)
{
    private static readonly string[] Comparisons = ["==", "!=", "<", "<=", ">", ">=", "in"];

    /// <summary>Names that end the argument of a test written without parentheses.</summary>
    private static readonly string[] Keywords = ["and", "or", "else", "if", "is", "in", "not", "recursive"];

    /// <summary>An expression, or several with commas between them, which make a tuple.</summary>
    /// <param name="withCondition">Whether they may be <c>a if b else c</c>: not those of a loop, whose <c>if</c> is the loop's.</param>
    public Expression ParseTuple(bool withCondition = true)
    {
        Expression first = ParseItem();
        if (!tokens.Current.Is(","))
            return first;
        List<Expression> items = new() { first };
        while (tokens.Accept(",") && !IsTagEnd(tokens.Current))
            items.Add(ParseItem());
        return new TupleExpression(first.Position, items);

        Expression ParseItem() => withCondition ? Parse() : ParseWithoutCondition();
    }

    public Expression Parse()
    {
        Expression value = ParseWithoutCondition();
        while (tokens.Current.Is("if"))
        {
            int position = tokens.Next().Position;
            Expression condition = ParseWithoutCondition();
            value = new ConditionalExpression(position, condition, value, tokens.Accept("else") ? Parse() : null);
        }

        return value;
    }

    private Expression ParseWithoutCondition()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new TemplateFailure("the expression is nested too deeply");
        return ParseChain(static parser => parser.ParseAnd(), "or");
    }

    private Expression ParseAnd() => ParseChain(static parser => parser.ParseNot(), "and");

    private Expression ParseNot()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new TemplateFailure("the expression is nested too deeply");
        return tokens.Current.Is("not") ? new UnaryExpression(tokens.Next().Position, "not", ParseNot()) : ParseComparison();
    }

    private Expression ParseComparison()
    {
        Expression left = ParseSum();
        Expression? result = null;
        while (true)
        {
            int position = tokens.Current.Position;
            bool negated = tokens.Current.Is("not") && tokens.Peek.Is("in");
            if (negated)
                tokens.Next();
            if (!IsComparison(tokens.Current))
                return result ?? left;
            string symbol = tokens.Next().Value;
            Expression right = ParseSum();
            Expression comparison = new BinaryExpression(position, symbol, left, right);
            if (negated)
                comparison = new UnaryExpression(position, "not", comparison);
            result = result is null ? comparison : new BinaryExpression(position, "and", result, comparison);
            left = right;
        }
    }

    private static bool IsComparison(TemplateToken token) =>
        token.Kind is TemplateTokenKind.Operator or TemplateTokenKind.Name && Comparisons.Contains(token.Value);

    private Expression ParseSum() => ParseChain(static parser => parser.ParseConcatenation(), "+", "-");

    private Expression ParseConcatenation() => ParseChain(static parser => parser.ParseProduct(), "~");

    private Expression ParseProduct() => ParseChain(static parser => parser.ParsePower(), "*", "/", "//", "%");

    private Expression ParsePower() => ParseChain(static parser => parser.ParseUnary(withFilters: true), "**");

    private Expression ParseChain(Func<ExpressionParser, Expression> parseOperand, params ReadOnlySpan<string> operators)
    {
        Expression left = parseOperand(this);
        while (tokens.Current.Kind is TemplateTokenKind.Operator or TemplateTokenKind.Name && operators.Contains(tokens.Current.Value))
        {
            TemplateToken token = tokens.Next();
            left = new BinaryExpression(token.Position, token.Value, left, parseOperand(this));
        }

        return left;
    }

    private Expression ParseUnary(bool withFilters)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new TemplateFailure("the expression is nested too deeply");
        Expression value;
        if (tokens.Current.Is("-") || tokens.Current.Is("+"))
        {
            TemplateToken token = tokens.Next();
            value = new UnaryExpression(token.Position, token.Value, ParseUnary(withFilters: false));
        }
        else
        {
            value = ParsePrimary();
        }

        value = ParsePostfix(value);
        return withFilters ? ParseFiltersAndTests(value) : value;
    }

    private Expression ParsePrimary()
    {
        TemplateToken token = tokens.Next();
        switch (token.Kind)
        {
            case TemplateTokenKind.String:
                return new LiteralExpression(token.Position, MarkedText.Trusted(ParseStrings(token.Value)));
            case TemplateTokenKind.Integer:
                return new LiteralExpression(token.Position, ParseInteger(token.Value));
            case TemplateTokenKind.Float:
                return new LiteralExpression(
                    token.Position, double.Parse(token.Value.Replace("_", "", StringComparison.Ordinal), CultureInfo.InvariantCulture));
            case TemplateTokenKind.Name:
                return ParseName(token);
            case TemplateTokenKind.Operator when token.Value == "(":
                return ParseParentheses(token.Position);
            case TemplateTokenKind.Operator when token.Value == "[":
                return new ListExpression(token.Position, ParseItems("]"));
            case TemplateTokenKind.Operator when token.Value == "{":
                return ParseMap(token.Position);
            default:
                throw new TemplateFailure($"found {token}, expected a value");
        }
    }

    private static object ParseInteger(string text)
    {
        const int mostDigits = 4300;
        string digits = text.Replace("_", "", StringComparison.Ordinal);
        if (digits.Length > mostDigits)
            throw new TemplateFailure($"a number has more than {mostDigits} digits");
        BigInteger value = digits.AsSpan() switch
        {
            ['0', 'x' or 'X', .. ReadOnlySpan<char> hex] =>
                BigInteger.Parse($"0{hex}", NumberStyles.HexNumber, CultureInfo.InvariantCulture),
            ['0', 'b' or 'B', .. ReadOnlySpan<char> bits] =>
                BigInteger.Parse($"0{bits}", NumberStyles.BinaryNumber, CultureInfo.InvariantCulture),
            ['0', 'o' or 'O', .. ReadOnlySpan<char> octal] =>
                octal.ToString().Aggregate(BigInteger.Zero, (sum, digit) => (8 * sum) + (digit - '0')),
            _ => BigInteger.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture),
        };
        return value <= long.MaxValue ? (object)(long)value : value;
    }

    /// <summary>Strings one after the other are one.</summary>
    private string ParseStrings(string first)
    {
        if (tokens.Current.Kind != TemplateTokenKind.String)
            return first;
        StringBuilder text = new(first);
        while (tokens.Current.Kind == TemplateTokenKind.String)
            text.Append(tokens.Next().Value);
        return text.ToString();
    }

    private static Expression ParseName(TemplateToken token) => token.Value switch
    {
        "true" or "True" => new LiteralExpression(token.Position, true),
        "false" or "False" => new LiteralExpression(token.Position, false),
        "none" or "None" => new LiteralExpression(token.Position, null),
        _ => new NameExpression(token.Position, token.Value),
    };

    private Expression ParseParentheses(int position)
    {
        if (tokens.Accept(")"))
            return new TupleExpression(position, []);
        Expression first = Parse();
        if (!tokens.Accept(","))
        {
            tokens.Expect(")");
            return first;
        }

        return new TupleExpression(position, [first, .. ParseItems(")")]);
    }

    private List<Expression> ParseItems(string end)
    {
        List<Expression> items = new();
        while (!tokens.Accept(end))
        {
            if (items.Count > 0)
            {
                tokens.Expect(",");
                if (tokens.Accept(end))
                    break;
            }

            items.Add(Parse());
        }

        return items;
    }

    private MapExpression ParseMap(int position)
    {
        List<(Expression Key, Expression Value)> items = new();
        while (!tokens.Accept("}"))
        {
            if (items.Count > 0)
            {
                tokens.Expect(",");
                if (tokens.Accept("}"))
                    break;
            }

            Expression key = Parse();
            tokens.Expect(":");
            items.Add((key, Parse()));
        }

        return new MapExpression(position, items);
    }

    private Expression ParsePostfix(Expression value)
    {
        while (true)
        {
            int position = tokens.Current.Position;
            if (tokens.Accept("."))
            {
                value = tokens.Current.Kind == TemplateTokenKind.Integer
                    ? new IndexExpression(position, value, ParsePrimary())
                    : new AttributeExpression(position, value, tokens.ExpectName());
            }
            else if (tokens.Accept("["))
            {
                value = ParseSubscript(position, value);
            }
            else if (tokens.Current.Is("("))
            {
                value = new CallExpression(position, value, ParseArguments());
            }
            else
            {
                return value;
            }
        }
    }

    private Expression ParseSubscript(int position, Expression target)
    {
        Expression?[] parts = new Expression?[3];
        int colons = 0;
        while (!tokens.Accept("]"))
        {
            if (tokens.Accept(":"))
            {
                if (++colons > 2)
                    throw tokens.Unexpected("]");
            }
            else if (parts[colons] is null)
            {
                parts[colons] = Parse();
            }
            else
            {
                throw tokens.Unexpected("]");
            }
        }

        if (colons > 0)
            return new SliceExpression(position, target, parts[0], parts[1], parts[2]);
        return new IndexExpression(position, target, parts[0] ?? throw new TemplateFailure("an index is missing"));
    }

    /// <summary>The filters of a <c>filter</c> block: the first has no "|" before it.</summary>
    public Expression ParseFilters(Expression value) => ParseFiltersAndTests(ParseFilter(value.Position, value));

    private FilterExpression ParseFilter(int position, Expression value)
    {
        string name = tokens.ExpectName();
        return new FilterExpression(position, value, name, tokens.Current.Is("(") ? ParseArguments() : ArgumentList.Empty);
    }

    private Expression ParseFiltersAndTests(Expression value)
    {
        while (true)
        {
            int position = tokens.Current.Position;
            if (tokens.Accept("|"))
            {
                value = ParseFilter(position, value);
            }
            else if (tokens.Accept("is"))
            {
                value = ParseTest(position, value);
            }
            else if (tokens.Current.Is("("))
            {
                value = new CallExpression(position, value, ParseArguments());
            }
            else
            {
                return value;
            }
        }
    }

    private Expression ParseTest(int position, Expression value)
    {
        bool negated = tokens.Accept("not");
        string name = tokens.ExpectName();
        ArgumentList arguments = ArgumentList.Empty;
        if (tokens.Current.Is("("))
            arguments = ParseArguments();
        else if (BeginsArgument(tokens.Current))
            arguments = new ArgumentList([ParsePostfix(ParsePrimary())], []);
        Expression test = new TestExpression(position, value, name, arguments);
        return negated ? new UnaryExpression(position, "not", test) : test;
    }

    private static bool BeginsArgument(TemplateToken token) => token.Kind switch
    {
        TemplateTokenKind.String or TemplateTokenKind.Integer or TemplateTokenKind.Float => true,
        TemplateTokenKind.Name => !Keywords.Contains(token.Value),
        _ => token.Is("[") || token.Is("{"),
    };

    private ArgumentList ParseArguments()
    {
        List<Expression> positional = new();
        List<(string Name, Expression Value)> named = new();
        Expression? further = null, furtherNamed = null;
        bool isFirst = true;
        tokens.Expect("(");
        while (!tokens.Accept(")"))
        {
            if (!isFirst)
            {
                tokens.Expect(",");
                if (tokens.Accept(")"))
                    break;
            }

            isFirst = false;
            if (further is null && tokens.Accept("*"))
            {
                further = Parse();
            }
            else if (furtherNamed is null && tokens.Accept("**"))
            {
                furtherNamed = Parse();
            }
            else if (tokens.Current.Kind == TemplateTokenKind.Name && tokens.Peek.Is("="))
            {
                string name = tokens.ExpectName();
                tokens.Next();
                named.Add((name, Parse()));
            }
            else if (named.Count > 0 || further is not null || furtherNamed is not null)
            {
                throw new TemplateFailure("an argument by position follows one by name");
            }
            else
            {
                positional.Add(Parse());
            }
        }

        return new ArgumentList(positional, named, further, furtherNamed);
    }

    private static bool IsTagEnd(TemplateToken token) => token.Kind is TemplateTokenKind.OutputEnd or TemplateTokenKind.StatementEnd;
}
