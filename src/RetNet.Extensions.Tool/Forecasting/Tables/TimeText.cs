using System.Globalization;

namespace RetNet.Extensions.Tool.Forecasting.Tables;

/// <summary>A point in time with the form that it was written in: ISO 8601, to the year, quarter, month, day or a part of it.</summary>
/// <param name="Time">The time; of one with an offset, in UTC.</param>
/// <param name="Form">How it was written.</param>
internal readonly record struct TimeText(DateTime Time, string Form)
{
    /// <summary>What a message says is expected.</summary>
    public const string Expected = "a time in the form of ISO 8601, such as 2024-01-31, 2024-01-31T13:00, 2024-01, 2024-Q1 or 2024";

    private const int LongestText = 40;

    private const string Quarter = "Q", Year = "yyyy";

    private static readonly string[] Forms =
    [
        "yyyy-MM-dd", "yyyy-MM", Year, "yyyy/MM/dd", "yyyyMMdd",
        .. from date in (string[])["yyyy-MM-dd", "yyyy/MM/dd"]
           from separator in (string[])[" ", "'T'"]
           from time in (string[])["HH:mmK", "HH:mm:ssK", "HH:mm:ss.FFFFFFFK"]
           select date + separator + time,
    ];

    /// <summary>Whether the text could not be a number, too.</summary>
    public bool IsUnmistakable => Form is not (Year or "yyyyMMdd");

    /// <summary>Reads a text; null where it is no time.</summary>
    public static TimeText? Read(string text)
    {
        if (text.Length is < 4 or > LongestText)
            return null;
        if (text.Length > 5 && text[4..^1] is Quarter or "-" + Quarter && text[^1] is >= '1' and <= '4'
            && int.TryParse(text.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture, out int year) && year > 0)
        {
            return new TimeText(new DateTime(year, (3 * (text[^1] - '1')) + 1, 1), text[4..^1]);
        }

        foreach (string form in Forms)
        {
            if (DateTime.TryParseExact(
                text, form, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out DateTime time))
            {
                return new TimeText(time, form);
            }
        }

        return null;
    }

    /// <summary>Another time in the same form.</summary>
    public string Write(DateTime time) => Form.EndsWith(Quarter, StringComparison.Ordinal)
        ? string.Create(CultureInfo.InvariantCulture, $"{time:yyyy}{Form}{((time.Month - 1) / 3) + 1}")
        : DateTime.SpecifyKind(time, Time.Kind).ToString(Form, CultureInfo.InvariantCulture);
}
