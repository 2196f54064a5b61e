using System.Globalization;
using RetNet.Extensions.Core.Forecasting;

namespace RetNet.Extensions.Tool.Forecasting.Tables;

/// <summary>A point in time with the form that it was written in: ISO 8601, to the year, quarter, month, week, day or a part of it, or the
/// day before the month with dots.</summary>
/// <param name="Time">The time; of one with an offset, in UTC unless <see cref="ToLocal"/> made it local.</param>
/// <param name="Form">How it was written.</param>
/// <param name="Offset">The offset from UTC that was written; null for none.</param>
internal readonly record struct TimeText(DateTime Time, string Form, TimeSpan? Offset = null)
{
    /// <summary>What a message says is expected.</summary>
    public const string Expected =
        "a time such as 2024-01-31, 2024-01-31T13:00, 2024-01, 2024-Q1, 2024-W05, 2024 (ISO 8601) or 31.01.2024";

    private const int LongestText = 40;

    private const string Quarter = "Q", Week = "W", Year = "yyyy";

    private static readonly string[] Forms =
    [
        "yyyy-MM-dd", "yyyy-MM", Year, "yyyy/MM/dd", "yyyyMMdd", "dd.MM.yyyy", "d.M.yyyy",
        .. from date in (string[])["yyyy-MM-dd", "yyyy/MM/dd", "dd.MM.yyyy", "d.M.yyyy"]
           from separator in (string[])[" ", "'T'"]
           from time in (string[])["HH:mmK", "HH:mm:ssK", "HH:mm:ss.FFFFFFFK"]
           select date + separator + time,
    ];

    // Forms of which it is not certain what is the day, or that name months.
    private static readonly string[] OtherForms =
    [
        .. from date in (string[])["M/d/yyyy", "d/M/yyyy", "M/d/yy", "d/M/yy", "d-M-yyyy", "M-d-yyyy", "d.M.yy", "yyyy.M.d", "yyyy/M",
               "M/yyyy", "d MMM yyyy", "d-MMM-yyyy", "d MMMM yyyy", "MMM d, yyyy", "MMMM d, yyyy", "MMM yyyy", "MMMM yyyy", "MMM-yy"]
           from time in (string[])["", " H:mm", " H:mm:ss", " h:mm tt"]
           select date + time,
    ];

    /// <summary>Whether the text could not be a number, too.</summary>
    public bool IsUnmistakable => Form is not (Year or "yyyyMMdd");

    /// <summary>A time in UTC with its offset.</summary>
    private DateTimeOffset Written => new DateTimeOffset(Time).ToOffset(Offset!.Value);

    /// <summary>Reads a text; null where it is no time.</summary>
    public static TimeText? Read(string text)
    {
        if (text.Length is < 4 or > LongestText || !char.IsAsciiDigit(text[0]))
            return null;
        if (ReadQuarterOrWeek(text) is { } read)
            return read;
        foreach (string form in Forms)
        {
            if (!DateTime.TryParseExact(
                text, form, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out DateTime time))
            {
                continue;
            }

            return time.Kind == DateTimeKind.Utc && DateTimeOffset.TryParseExact(
                text, form, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset local)
                ? new TimeText(time, form, local.Offset)
                : new TimeText(time, form);
        }

        return null;
    }

    /// <summary>Whether a text seems to be a date in a form that is not read.</summary>
    public static bool IsOtherDate(string text) => text.Length <= LongestText && DateTime.TryParseExact(
        text, OtherForms, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    /// <summary>Whether times have offsets and are meant as local ones, see <see cref="TimeStep.AreLocal"/>.</summary>
    public static bool AreLocal(IReadOnlyCollection<TimeText> times) =>
        times.All(time => time.Offset is not null) && TimeStep.AreLocal(times.Select(time => time.Written));

    /// <summary>The same as the time of a clock where it was written.</summary>
    public TimeText ToLocal() => this with { Time = Written.DateTime };

    /// <summary>Another time in the same form, a local one with the same offset.</summary>
    public string Write(DateTime time)
    {
        if (Form.EndsWith(Quarter, StringComparison.Ordinal))
            return string.Create(CultureInfo.InvariantCulture, $"{time:yyyy}{Form}{((time.Month - 1) / 3) + 1}");
        if (Form.EndsWith(Week, StringComparison.Ordinal))
            return string.Create(CultureInfo.InvariantCulture, $"{ISOWeek.GetYear(time):0000}{Form}{ISOWeek.GetWeekOfYear(time):00}");
        return Time.Kind == DateTimeKind.Unspecified && Offset is { } offset
            ? time.ToString(Form.Replace("K", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) + Text(offset)
            : DateTime.SpecifyKind(time, Time.Kind).ToString(Form, CultureInfo.InvariantCulture);
    }

    private static TimeText? ReadQuarterOrWeek(string text)
    {
        int letter = text.Length > 5 && text[4] == '-' ? 5 : 4;
        if (text.Length <= letter + 1 || !int.TryParse(text.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture, out int year)
            || year == 0 || !int.TryParse(text.AsSpan(letter + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            return null;
        }

        string form = text[4..(letter + 1)];
        return (text[letter], text.Length - letter) switch
        {
            ('Q', 2) when number is >= 1 and <= 4 => new TimeText(new DateTime(year, (3 * number) - 2, 1), form),
            ('W', 3) when number >= 1 && number <= ISOWeek.GetWeeksInYear(year) =>
                new TimeText(ISOWeek.ToDateTime(year, number, DayOfWeek.Monday), form),
            _ => null,
        };
    }

    private static string Text(TimeSpan offset) =>
        (offset < TimeSpan.Zero ? "-" : "+") + offset.ToString(@"hh\:mm", CultureInfo.InvariantCulture);
}
