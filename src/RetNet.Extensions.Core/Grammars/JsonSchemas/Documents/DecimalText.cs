using System.Globalization;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas.Documents;

/// <summary>A decimal number of any size, without leading zeros of its whole part and trailing ones of its fraction.</summary>
/// <param name="IsNegative">Whether it is below zero.</param>
/// <param name="Digits">Of the whole part, at least one.</param>
/// <param name="Fraction">Digits after the point, possibly none.</param>
internal readonly record struct DecimalText(bool IsNegative, string Digits, string Fraction)
{
    private const int LargestExponent = 400;

    public bool IsInteger => Fraction.Length == 0;

    public bool IsZero => Digits == "0" && IsInteger;

    /// <summary>Reads a number of a schema.</summary>
    /// <exception cref="Expressions.GrammarException">Its exponent is too large.</exception>
    public static DecimalText Read(SchemaNode number)
    {
        string text = number.RawText;
        bool isNegative = text[0] == '-';
        int end = text.AsSpan().IndexOfAny('e', 'E'), start = isNegative ? 1 : 0;
        int exponent = 0;
        bool isRead = end < 0
            || int.TryParse(text.AsSpan(end + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent);
        if (!isRead || exponent is < -LargestExponent or > LargestExponent)
            throw number.Refuse($"{text} has too large an exponent");
        end = end < 0 ? text.Length : end;
        string[] parts = text[start..end].Split('.');
        string digits = parts[0], fraction = parts.Length > 1 ? parts[1] : "";
        if (exponent > 0)
        {
            fraction = fraction.PadRight(exponent, '0');
            (digits, fraction) = (digits + fraction[..exponent], fraction[exponent..]);
        }
        else if (exponent < 0)
        {
            digits = digits.PadLeft(1 - exponent, '0');
            (digits, fraction) = (digits[..^-exponent], digits[^-exponent..] + fraction);
        }

        digits = digits.TrimStart('0');
        fraction = fraction.TrimEnd('0');
        return new DecimalText(isNegative && digits.Length + fraction.Length > 0, digits.Length == 0 ? "0" : digits, fraction);
    }

    public override string ToString() => $"{(IsNegative ? "-" : "")}{Digits}{(IsInteger ? "" : ".")}{Fraction}";
}
