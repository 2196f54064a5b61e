using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;
using RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>
/// The operations of Python on values: null, <see cref="bool"/>, <see cref="long"/>, <see cref="BigInteger"/> where an integer needs more
/// bits, <see cref="double"/>, <see cref="MarkedText"/>, <see cref="List{T}"/>, <see cref="TemplateTuple"/>, <see cref="TemplateMap"/>,
/// <see cref="TemplateFunction"/> and <see cref="Undefined"/>.
/// </summary>
internal static class Values
{
    /// <summary>A character in quotes takes up several where it is escaped.</summary>
    public const int EscapedLength = 6;

    public static bool IsTrue(object? value) => value switch
    {
        null or Undefined => false,
        bool flag => flag,
        long integer => integer != 0,
        double number => number != 0,
        BigInteger => true,
        MarkedText text => text.Length > 0,
        List<object?> list => list.Count > 0,
        TemplateMap map => map.IsNamespace || map.Count > 0,
        _ => true,
    };

    public static string Describe(object? value) => value switch
    {
        null => "none",
        Undefined undefined => $"the undefined \"{undefined.Name}\"",
        bool => "a boolean",
        long or BigInteger => "an integer",
        double => "a float",
        MarkedText => "a string",
        List<object?> => "a list",
        TemplateMap => "a mapping",
        _ => "a function",
    };

    public static MarkedText Text(object? value, string what) =>
        value as MarkedText ?? throw new TemplateFailure($"{what} needs a string, not {Describe(value)}");

    public static long Integer(object? value, string what) => value switch
    {
        long integer => integer,
        bool flag => flag ? 1 : 0,
        BigInteger => throw new TemplateFailure($"a number of {what} is too large"),
        _ => throw new TemplateFailure($"{what} needs an integer, not {Describe(value)}"),
    };

    /// <summary>An integer in the form in which values hold it.</summary>
    public static object Narrow(BigInteger integer) =>
        integer >= long.MinValue && integer <= long.MaxValue ? (object)(long)integer : integer;

    /// <summary>A whole number, clamped to the range of <see cref="int"/>.</summary>
    public static int Clamp(object? value, string what) => (int)Math.Clamp(Integer(value, what), int.MinValue + 1, int.MaxValue);

    /// <summary>What a loop runs over.</summary>
    public static IReadOnlyList<object?> Items(object? value, Budget budget)
    {
        switch (value)
        {
            case Undefined:
                return [];
            case List<object?> list:
                return list;
            case TemplateMap map:
                budget.Elements(map.Count);
                return [.. map.Entries.Select(entry => entry.Key)];
            case MarkedText text:
                return CodePoints.Split(text, budget);
            default:
                throw new TemplateFailure($"{Describe(value)} cannot be iterated");
        }
    }

    public static long Length(object? value, Budget budget)
    {
        switch (value)
        {
            case MarkedText text:
                budget.Read(text.Length);
                return CodePoints.Count(text.Text);
            case List<object?> list:
                return list.Count;
            case TemplateMap map:
                return map.Count;
            case Undefined:
                return 0;
            default:
                throw new TemplateFailure($"{Describe(value)} has no length");
        }
    }

    public static bool AreEqual(object? left, object? right, Budget budget)
    {
        budget.Step();
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new TemplateFailure("the values are nested too deeply to compare");
        switch (left, right)
        {
            case (null, null):
            case (Undefined, Undefined):
                return true;
            case (MarkedText a, MarkedText b):
                budget.Read(Math.Min(a.Length, b.Length));
                return a.Text == b.Text;
            case (List<object?> a, List<object?> b):
                return a is TemplateTuple == b is TemplateTuple && a.Count == b.Count
                    && a.Zip(b).All(pair => AreEqual(pair.First, pair.Second, budget));
            case (TemplateMap { IsNamespace: false } a, TemplateMap { IsNamespace: false } b):
                return a.Count == b.Count && a.Entries.All(entry => b.TryGet(entry.Key, budget, out object? other)
                    && AreEqual(entry.Value, other, budget));
            default:
                return IsNumber(left) && IsNumber(right) ? CompareNumbers(left!, right!) == 0 : ReferenceEquals(left, right);
        }
    }

    public static int Compare(object? left, object? right, Budget budget)
    {
        if (IsNumber(left) && IsNumber(right))
            return CompareNumbers(left!, right!);
        if (left is List<object?> first && right is List<object?> second && first is TemplateTuple == second is TemplateTuple)
            return CompareLists(first, second, budget);
        if (left is not MarkedText a || right is not MarkedText b)
            throw new TemplateFailure($"{Describe(left)} and {Describe(right)} have no order");
        budget.Read(Math.Min(a.Length, b.Length));
        return CodePoints.Compare(a.Text, b.Text);
    }

    public static bool Contains(object? container, object? item, Budget budget)
    {
        switch (container)
        {
            case MarkedText text:
                MarkedText part = Text(item, "in");
                budget.Search(text.Length, part.Length);
                return text.Text.Contains(part.Text, StringComparison.Ordinal);
            case TemplateMap map:
                return map.TryGet(item, budget, out _);
            case List<object?> list:
                return list.Any(element => AreEqual(element, item, budget));
            case Undefined:
                return false;
            default:
                throw new TemplateFailure($"{Describe(container)} contains nothing");
        }
    }

    public static bool IsNumber(object? value) => value is long or BigInteger or double or bool;

    public static bool IsInteger(object? value) => value is long or BigInteger or bool;

    public static double Number(object? value) => value switch
    {
        long integer => integer,
        BigInteger integer => (double)integer,
        double number => number,
        bool flag => flag ? 1 : 0,
        _ => throw new TemplateFailure($"{Describe(value)} is not a number"),
    };

    /// <summary>An integer or a boolean.</summary>
    public static BigInteger Whole(object? value) => value is BigInteger integer ? integer : Integer(value, "arithmetic");

    public static string NumberText(object? value)
    {
        if (value is not double number)
            return Convert.ToString(value, CultureInfo.InvariantCulture)!;
        if (!double.IsFinite(number))
            return double.IsNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";

        string text = number.ToString("R", CultureInfo.InvariantCulture).Replace("E", "e", StringComparison.Ordinal);

        // Python writes an exponent from 1e16 on, .NET from 1e17 on.
        if (Math.Abs(number) is >= 1e16 and < 1e17)
        {
            string sign = number < 0 ? "-" : "", digits = text[sign.Length..].TrimEnd('0');
            return $"{sign}{digits[0]}{(digits.Length > 1 ? "." : "")}{digits[1..]}e+16";
        }

        return text.AsSpan().ContainsAny(".e") ? text : text + ".0";
    }

    /// <summary>The digits of a large integer, whose time grows with the square of their number.</summary>
    public static string Digits(BigInteger integer, Budget budget)
    {
        long bits = integer.GetBitLength();
        budget.Characters(bits);
        budget.Read(bits * bits / 64);
        return integer.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>What <c>{{ value }}</c> prints: Python's <c>str(value)</c>.</summary>
    public static MarkedText Print(object? value, Budget budget)
    {
        switch (value)
        {
            case MarkedText text:
                return text;
            case Undefined:
                return MarkedText.Empty;
            default:
                return Representation(value, budget);
        }
    }

    /// <summary>Python's <c>repr(value)</c>.</summary>
    public static MarkedText Representation(object? value, Budget budget)
    {
        budget.Objects(2);
        MarkedTextBuilder result = new();
        Represent(value, result, budget);
        return result.ToMarkedText();
    }

    private static void Represent(object? value, MarkedTextBuilder result, Budget budget)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new TemplateFailure("the value is nested too deeply to print");
        budget.Step();
        switch (value)
        {
            case null:
                Append("None");
                break;
            case bool flag:
                Append(flag ? "True" : "False");
                break;
            case long or double:
                Append(NumberText(value));
                break;
            case BigInteger integer:
                Append(Digits(integer, budget));
                break;
            case MarkedText text:
                budget.Characters(EscapedLength * (long)text.Length);
                result.Append(text.Derive(Quote(text.Text)));
                break;
            case List<object?> list:
                Append(list is TemplateTuple ? "(" : "[");
                for (int i = 0; i < list.Count; i++)
                {
                    Append(i > 0 ? ", " : "");
                    Represent(list[i], result, budget);
                }

                Append(list is TemplateTuple ? list.Count == 1 ? ",)" : ")" : "]");
                break;
            case TemplateMap map:
                Append("{");
                int count = 0;
                foreach ((object? key, object? item) in map.Entries)
                {
                    Append(count++ > 0 ? ", " : "");
                    Represent(key, result, budget);
                    Append(": ");
                    Represent(item, result, budget);
                }

                Append("}");
                break;
            case Undefined:
                Append("Undefined");
                break;
            default:
                throw new TemplateFailure($"{Describe(value)} cannot be printed");
        }

        void Append(string text) => result.Append(MarkedText.Trusted(text));
    }

    private static int CompareNumbers(object left, object right) => left is double || right is double
        ? Number(left).CompareTo(Number(right))
        : Whole(left).CompareTo(Whole(right));

    /// <summary>The order of the first elements that differ.</summary>
    private static int CompareLists(List<object?> left, List<object?> right, Budget budget)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new TemplateFailure("the values are nested too deeply to compare");
        foreach ((object? a, object? b) in left.Zip(right))
        {
            if (!AreEqual(a, b, budget))
                return Compare(a, b, budget);
        }

        return left.Count.CompareTo(right.Count);
    }

    private static bool IsPrintable(UnicodeCategory category) => category is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate);

    private static string Quote(string text)
    {
        char quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        StringBuilder result = new StringBuilder(text.Length + 2).Append(quote);
        for (int i = 0, length; i < text.Length; i += length)
        {
            Rune.DecodeFromUtf16(text.AsSpan(i), out _, out length);
            int code = length == 2 ? char.ConvertToUtf32(text, i) : text[i];
            switch (code)
            {
                case '\n': result.Append("\\n"); break;
                case '\r': result.Append("\\r"); break;
                case '\t': result.Append("\\t"); break;
                case '\\': result.Append("\\\\"); break;
                case ' ': result.Append(' '); break;
                case var _ when !IsPrintable(CharUnicodeInfo.GetUnicodeCategory(code)):
                    result.Append(code <= 0xFF ? $"\\x{code:x2}" : code <= 0xFFFF ? $"\\u{code:x4}" : $"\\U{code:x8}");
                    break;
                default: result.Append(code == quote ? "\\" : "").Append(text, i, length); break;
            }
        }

        return result.Append(quote).ToString();
    }
}

/// <summary>A variable or attribute that does not exist. It is false, empty, and prints nothing.</summary>
internal sealed record Undefined(string Name);
