using System.Numerics;
using RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>Python's arithmetic: <c>+ - * / // % **</c>, of which <c>+</c> and <c>*</c> also join and repeat, and <c>%</c> formats a
/// string. Integers are of any size.</summary>
internal static class Arithmetic
{
    public static object Apply(string symbol, object? left, object? right, Budget budget)
    {
        switch (symbol, left, right)
        {
            case ("+", MarkedText a, MarkedText b) when a.IsMarkup || b.IsMarkup:
                return TextFunctions.JoinMarkup(a, b, budget);
            case ("+", MarkedText a, MarkedText b):
                budget.Characters((long)a.Length + b.Length);
                return a + b;
            case ("+", TemplateTuple a, TemplateTuple b):
                budget.Elements((long)a.Count + b.Count);
                return new TemplateTuple([.. a, .. b]);
            case ("+", List<object?> a, List<object?> b) when a is not TemplateTuple && b is not TemplateTuple:
                budget.Elements((long)a.Count + b.Count);
                return (List<object?>)[.. a, .. b];
            case ("*", MarkedText text, long or bool):
                return TextFunctions.Repeat(text, Values.Integer(right, symbol), budget);
            case ("*", long or bool, MarkedText text):
                return TextFunctions.Repeat(text, Values.Integer(left, symbol), budget);
            case ("*", List<object?> list, long times):
                return Repeat(list, times, budget);
            case ("*", long times, List<object?> list):
                return Repeat(list, times, budget);
            case ("%", MarkedText format, _):
                return TextFormat.Percent(format, right, budget);
        }

        if (!Values.IsNumber(left) || !Values.IsNumber(right))
            throw new TemplateFailure($"{Values.Describe(left)} {symbol} {Values.Describe(right)} is not supported");
        return left is double || right is double || symbol == "/"
            ? OfFloats(symbol, Values.Number(left), Values.Number(right))
            : OfIntegers(symbol, Values.Whole(left), Values.Whole(right), budget);
    }

    private static List<object?> Repeat(List<object?> list, long times, Budget budget)
    {
        times = Math.Max(times, 0);
        budget.Elements(Math.Min(times, int.MaxValue) * list.Count);
        List<object?> result = list is TemplateTuple ? new TemplateTuple() : new List<object?>();
        for (long i = 0; list.Count > 0 && i < times; i++)
            result.AddRange(list);
        return result;
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
            "//" => FloorDivide(left, right),
            "%" => Modulo(left, right),
            _ => Math.Pow(left, right),
        };
    }

    // The remainder of a division is exact, with the sign of the divisor.
    private static double Modulo(double left, double right)
    {
        double remainder = left % right;
        return remainder == 0 ? Math.CopySign(0, right) : remainder < 0 != right < 0 ? remainder + right : remainder;
    }

    private static double FloorDivide(double left, double right)
    {
        double remainder = left % right;
        double quotient = ((left - remainder) / right) - (remainder != 0 && remainder < 0 != right < 0 ? 1 : 0);
        double floor = Math.Floor(quotient);
        return quotient == 0 ? Math.CopySign(0, left / right) : quotient - floor > 0.5 ? floor + 1 : floor;
    }

    private static object OfIntegers(string symbol, BigInteger left, BigInteger right, Budget budget)
    {
        if (right.IsZero && symbol is "//" or "%")
            throw new TemplateFailure("division by zero");
        long bits = left.GetBitLength() + right.GetBitLength();
        budget.Read(bits * bits / 64);
        return symbol switch
        {
            "+" => Values.Narrow(left + right),
            "-" => Values.Narrow(left - right),
            "*" => Values.Narrow(left * right),
            "//" => Values.Narrow(FloorDivide(left, right)),
            "%" => Values.Narrow(left - right * FloorDivide(left, right)),
            _ => Power(left, right, budget),
        };
    }

    private static BigInteger FloorDivide(BigInteger left, BigInteger right)
    {
        (BigInteger quotient, BigInteger remainder) = BigInteger.DivRem(left, right);
        return !remainder.IsZero && remainder.Sign != right.Sign ? quotient - 1 : quotient;
    }

    private static object Power(BigInteger left, BigInteger right, Budget budget)
    {
        if (right.Sign < 0)
            return left.IsZero ? throw new TemplateFailure("division by zero") : Math.Pow((double)left, (double)right);
        if (BigInteger.Abs(left) <= 1)
            return Values.Narrow(right.IsZero ? BigInteger.One : right.IsEven ? left * left : left);
        BigInteger bits = left.GetBitLength() * right;
        budget.Characters(bits > int.MaxValue ? long.MaxValue : (long)(bits * bits / 64));
        return Values.Narrow(BigInteger.Pow(left, (int)right));
    }
}
