namespace RetNet.Extensions.Core.Grammars.JsonSchemas.Languages;

/// <summary>The values of <c>format</c> as regular expressions. Formats that are not listed say nothing.</summary>
internal static class StringFormats
{
    // The days of each month; 29 February in leap years. The year 0000, which calendars in use do not have, is left out.
    private const string Date =
        @"(?:(?!0000)\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))"
        + @"|(?!0000)(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)";

    // Leap seconds, which few programs read, are left out.
    private const string Time = @"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)";

    // With offsets of 14 hours at most.
    private const string UsualTime =
        @"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,7})?(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))";

    private const string DurationTime = @"T(?:\d+H(?:\d+M(?:\d+S)?)?|\d+M(?:\d+S)?|\d+S)";
    private const string Duration =
        $@"P(?:\d+W|{DurationTime}|(?:\d+Y(?:\d+M(?:\d+D)?)?|\d+M(?:\d+D)?|\d+D)(?:{DurationTime})?)";

    private const string Label = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
    private const string Hostname = $@"(?=.{{1,253}}$){Label}(?:\.{Label})*";

    private const string Octet = @"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)";
    private const string Ipv4 = $@"{Octet}(?:\.{Octet}){{3}}";
    private const string Group = "[0-9A-Fa-f]{1,4}";
    private const string Last = $"(?:{Group}:{Group}|{Ipv4})";
    private const string Ipv6 = $"(?:(?:{Group}:){{6}}{Last}|::(?:{Group}:){{5}}{Last}|(?:{Group})?::(?:{Group}:){{4}}{Last}"
        + $"|(?:(?:{Group}:){{0,1}}{Group})?::(?:{Group}:){{3}}{Last}|(?:(?:{Group}:){{0,2}}{Group})?::(?:{Group}:){{2}}{Last}"
        + $"|(?:(?:{Group}:){{0,3}}{Group})?::{Group}:{Last}|(?:(?:{Group}:){{0,4}}{Group})?::{Last}"
        + $"|(?:(?:{Group}:){{0,5}}{Group})?::{Group}|(?:(?:{Group}:){{0,6}}{Group})?::)";

    private const string Atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
    private const string InternationalAtom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\u0080-\\u{10FFFF}-]+";
    private const string QuotedLocal = """
        "(?:[ !#-\[\]-~]|\\[ -~])*"
        """;
    private const string MailDomain = $@"(?:{Label}(?:\.{Label})*|\[{Ipv4}\]|\[IPv6:{Ipv6}\])";
    private const string InternationalDomain =
        @"[A-Za-z0-9\u0080-\u{10FFFF}](?:[A-Za-z0-9\u0080-\u{10FFFF}.-]*[A-Za-z0-9\u0080-\u{10FFFF}])?";

    private const string JsonPointer = "(?:/(?:[^~/]|~[01])*)*";
    private const string Variable = @"(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})(?:\.?(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2}))*(?::[1-9]\d{0,3}|\*)?";

    // What IRIs have beyond URIs.
    private const string International = @"\u00A0-\uD7FF\uF900-\uFDCF\uFDF0-\uFFEF\u{10000}-\u{EFFFD}";

    private static readonly Dictionary<string, string> Patterns = new()
    {
        ["date"] = Date,
        ["time"] = Time,
        ["date-time"] = $"{Date}[Tt]{Time}",
        ["duration"] = Duration,
        ["email"] = $@"(?:{Atom}(?:\.{Atom})*|{QuotedLocal})@{MailDomain}",
        ["idn-email"] = $@"(?:{InternationalAtom}(?:\.{InternationalAtom})*|{QuotedLocal})@(?:{InternationalDomain}|{MailDomain})",
        ["hostname"] = Hostname,
        ["ipv4"] = Ipv4,
        ["ipv6"] = Ipv6,
        ["uuid"] = "[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}",
        ["uri"] = Resource("", isRelative: false),
        ["uri-reference"] = $"(?:{Resource("", isRelative: false)}|{Resource("", isRelative: true)})",
        ["iri"] = Resource(International, isRelative: false),
        ["iri-reference"] = $"(?:{Resource(International, isRelative: false)}|{Resource(International, isRelative: true)})",
        ["uri-template"] = $@"(?:[^\x00-\x20""'%<>\\^`{{|}}\x7F]|%[0-9A-Fa-f]{{2}}|\{{[+#./;?&=,!@|]?{Variable}(?:,{Variable})*\}})*",
        ["json-pointer"] = JsonPointer,
        ["relative-json-pointer"] = $"(?:0|[1-9]\\d*)(?:#|{JsonPointer})",
    };

    /// <summary>Of some formats the texts that .NET and most other programs read.</summary>
    public static readonly IReadOnlyDictionary<string, string> Usual = new Dictionary<string, string>
    {
        ["time"] = UsualTime,
        ["date-time"] = $"{Date}T{UsualTime}",
        ["email"] = $@"{Atom}(?:\.{Atom})*@{Label}(?:\.{Label})+",
    };

    /// <summary>Formats that say something which no regular expression does.</summary>
    public static readonly IReadOnlySet<string> Undecided = new HashSet<string> { "regex", "idn-hostname" };

    /// <summary>The regular expression that matches the texts of a format from start to end; null if the format says nothing.</summary>
    public static string? PatternOf(string format) => Patterns.GetValueOrDefault(format);

    /// <summary>RFC 3986 (RFC 3987 with more characters).</summary>
    private static string Resource(string more, bool isRelative)
    {
        const string Escape = "%[0-9A-Fa-f]{2}";
        string unreserved = $"A-Za-z0-9._~{more}";
        string character = $"(?:[{unreserved}!$&'()*+,;=:@-]|{Escape})", name = $"(?:[{unreserved}!$&'()*+,;=-]|{Escape})*";
        string user = $"(?:(?:[{unreserved}!$&'()*+,;=:-]|{Escape})*@)?";
        string future = @"[vV][0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+";
        string authority = $@"//{user}(?:\[(?:{Ipv6}|{future})\]|{name})(?::\d*)?(?:/{character}*)*";
        string absolute = $"/(?:{character}+(?:/{character}*)*)?";
        // The first part of a relative path has no colon, which would end a scheme.
        string first = isRelative ? $"(?:[{unreserved}!$&'()*+,;=@-]|{Escape})+" : $"{character}+";
        string path = $"(?:{authority}|{absolute}|{first}(?:/{character}*)*)?";
        string rest = $@"(?:\?(?:{character}|[/?])*)?(?:#(?:{character}|[/?])*)?";
        return isRelative ? path + rest : $@"[A-Za-z][A-Za-z0-9+.-]*:{path}{rest}";
    }
}
