using System.Globalization;
using System.Text;
using RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>Dates as C's <c>strftime</c> writes them, for the format letters that templates use; <c>-</c> before one leaves
/// out zeros.</summary>
internal static class Dates
{
    public static string Format(DateTimeOffset date, string format, Budget budget)
    {
        budget.Objects(format.Length);
        StringBuilder text = new();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }

            bool isShort = format[i + 1] == '-' && i + 2 < format.Length;
            i += isShort ? 2 : 1;
            string part = format[i] switch
            {
                '%' => "%",
                'j' => date.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
                char letter => date.ToString(Pattern(letter), CultureInfo.InvariantCulture),
            };
            text.Append(isShort && part.Length > 1 && char.IsAsciiDigit(part[0]) ? part[..^1].TrimStart('0') + part[^1] : part);
        }

        return text.ToString();
    }

    private static string Pattern(char letter) => letter switch
    {
        'd' => "dd",
        'm' => "MM",
        'y' => "yy",
        'Y' => "yyyy",
        'b' => "MMM",
        'B' => "MMMM",
        'a' => "ddd",
        'A' => "dddd",
        'H' => "HH",
        'I' => "hh",
        'M' => "mm",
        'S' => "ss",
        'p' => "tt",
        _ => throw new TemplateFailure($"the date format %{letter} is not supported"),
    };
}
