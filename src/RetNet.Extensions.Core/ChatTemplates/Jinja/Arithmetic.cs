using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>Python's arithmetic: <c>+ - * / // % **</c>, of which <c>+</c> and <c>*</c> also join and repeat.</summary>
internal static class Arithmetic
{
    public static object Apply(string symbol, object? left, object? right, Budget budget)
    {
        switch (symbol, left, right)
        {
            case ("+", MarkedText a, MarkedText b):
                budget.Characters((long)a.Length + b.Length);
                return a + b;
            case ("+", List<object?> a, List<object?> b):
                budget.Elements((long)a.Count + b.Count);
                return (List<object?>)[.. a, .. b];
            case ("*", MarkedText text, long times):
                return TextFunctions.Repeat(text, times, budget);
            case ("*", long times, MarkedText text):
                return TextFunctions.Repeat(text, times, budget);
        }

        if (!Values.IsNumber(left) || !Values.IsNumber(right))
            throw new TemplateFailure($"{Values.Describe(left)} {symbol} {Values.Describe(right)} is not supported");
        return left is double || right is double || symbol == "/"
            ? OfFloats(symbol, Values.Number(left), Values.Number(right))
            : OfIntegers(symbol, Values.Integer(left, symbol), Values.Integer(right, symbol));
    }

    private static object OfFloats(string symbol, double left, double right)
    {
        if (right == 0 && symbol is "/" or "//" or "%")
            throw new TemplateFailure("division by zero");
        return symbol switch
        {
            "+" => left + right,
            "-" => left - right,
            "*" => left * right,
            "/" => left / right,
            "//" => Math.Floor(left / right),
            "%" => left - right * Math.Floor(left / right),
            _ => Math.Pow(left, right),
        };
    }

    private static object OfIntegers(string symbol, long left, long right)
    {
        if (right == 0 && symbol is "//" or "%")
            throw new TemplateFailure("division by zero");
        return symbol switch
        {
            "+" => checked(left + right),
            "-" => checked(left - right),
            "*" => checked(left * right),
            "//" => FloorDivide(left, right),
            "%" => left - right * FloorDivide(left, right),
            _ => Power(left, right),
        };
    }

    private static long FloorDivide(long left, long right)
    {
        (long quotient, long remainder) = Math.DivRem(left, right);
        return remainder != 0 && (remainder < 0) != (right < 0) ? quotient - 1 : quotient;
    }

    private static object Power(long left, long right)
    {
        double power = Math.Pow(left, right);
        return right >= 0 && Math.Abs(power) < 1L << 53 ? (object)(long)power : power;
    }
}
