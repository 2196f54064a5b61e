using System.Globalization;
using System.Numerics;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;

/// <summary>Integers to other bases than ten, as Python's <c>int</c> reads them.</summary>
internal static class Numerals
{
    /// <summary>Reads an integer.</summary>
    /// <param name="text">A sign and the prefix of the base may come before its digits.</param>
    /// <param name="numberBase">2 to 36; 0 for the one that the prefix tells, otherwise ten.</param>
    /// <returns>The integer; null if the text is none.</returns>
    public static BigInteger? Read(string text, long numberBase)
    {
        if (numberBase is not (0 or (>= 2 and <= 36)))
            throw new TemplateFailure($"int has the base {numberBase}; expected 0 or 2 to 36");
        ReadOnlySpan<char> digits = text.AsSpan().Trim();
        bool isNegative = digits is ['-', ..];
        if (digits is ['+' or '-', ..])
            digits = digits[1..];
        int told = digits is not ['0', var letter, _, ..] ? 0 : char.ToLower(letter, CultureInfo.InvariantCulture) switch
        {
            'x' => 16,
            'o' => 8,
            'b' => 2,
            _ => 0,
        };
        if (told != 0 && (numberBase == 0 || numberBase == told))
            digits = digits[2..];
        long used = numberBase != 0 ? numberBase : told == 0 ? 10 : told;
        BigInteger value = 0;
        foreach (char digit in digits)
        {
            int number = char.IsAsciiDigit(digit) ? digit - '0'
                : char.IsAsciiLetter(digit) ? char.ToLower(digit, CultureInfo.InvariantCulture) - 'a' + 10
                : int.MaxValue;
            if (number >= used)
                return null;
            value = (value * used) + number;
        }

        return digits.IsEmpty ? null : isNegative ? -value : value;
    }
}
