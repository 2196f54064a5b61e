using System.Collections.Concurrent;
using System.Globalization;

namespace RetNet.Extensions.Core.Grammars.Expressions;

/// <summary>The properties of <c>\p{…}</c> that .NET's tables know: general categories by short and long name, <c>Any</c>, <c>ASCII</c> and
/// <c>White_Space</c>.</summary>
internal static class UnicodeProperties
{
    private static readonly ConcurrentDictionary<string, CodePointSet> Known = new(StringComparer.Ordinal);

    private static readonly (string Short, string Long)[] Categories =
    [
        ("Lu", "Uppercase_Letter"), (
            "Ll", "Lowercase_Letter"), ("Lt", "Titlecase_Letter"), ("Lm", "Modifier_Letter"), ("Lo", "Other_Letter"),
        ("Mn", "Nonspacing_Mark"), ("Mc", "Spacing_Mark"), ("Me", "Enclosing_Mark"),
        ("Nd", "Decimal_Number"), ("Nl", "Letter_Number"), ("No", "Other_Number"),
        ("Zs", "Space_Separator"), ("Zl", "Line_Separator"), ("Zp", "Paragraph_Separator"),
        ("Cc", "Control"), ("Cf", "Format"), ("Cs", "Surrogate"), ("Co", "Private_Use"),
        ("Pc", "Connector_Punctuation"), ("Pd", "Dash_Punctuation"), ("Ps", "Open_Punctuation"), ("Pe", "Close_Punctuation"),
        ("Pi", "Initial_Punctuation"), ("Pf", "Final_Punctuation"), ("Po", "Other_Punctuation"),
        ("Sm", "Math_Symbol"), ("Sc", "Currency_Symbol"), ("Sk", "Modifier_Symbol"), ("So", "Other_Symbol"),
        ("Cn", "Unassigned"),
    ];

    private static readonly Dictionary<string, string> Groups = new(StringComparer.Ordinal)
    {
        ["L"] = "L",
        ["Letter"] = "L",
        ["M"] = "M",
        ["Mark"] = "M",
        ["N"] = "N",
        ["Number"] = "N",
        ["P"] = "P",
        ["Punctuation"] = "P",
        ["punct"] = "P",
        ["S"] = "S",
        ["Symbol"] = "S",
        ["Z"] = "Z",
        ["Separator"] = "Z",
        ["C"] = "C",
        ["Other"] = "C",
    };

    /// <summary>The set of a property, or null where it is not known.</summary>
    public static CodePointSet? Find(string name)
    {
        foreach (string prefix in (string[])["General_Category=", "gc="])
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
                name = name[prefix.Length..];
        }

        switch (name)
        {
            case "Any":
                return CodePointSet.All;
            case "ASCII":
                return CodePointSet.Of((0, 0x7F));
            case "White_Space" or "space":
                return CodePointSet.Of((0x09, 0x0D), (0x20, 0x20), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A),
                    (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000));
        }

        string? group = Groups.GetValueOrDefault(name);
        bool[] wanted = [.. Categories.Select(category =>
            group is null ? category.Short == name || category.Long == name : category.Short.StartsWith(group, StringComparison.Ordinal))];
        return Array.IndexOf(wanted, true) < 0 ? null : Known.GetOrAdd(name, _ => Scan(wanted));
    }

    private static CodePointSet Scan(bool[] wanted)
    {
        List<(int First, int Last)> ranges = [];
        for (int codePoint = 0; codePoint <= CodePointSet.Last; codePoint++)
        {
            // The order of Categories is that of UnicodeCategory.
            if (!wanted[(int)CharUnicodeInfo.GetUnicodeCategory(codePoint)])
                continue;
            if (ranges.Count > 0 && ranges[^1].Last == codePoint - 1)
                ranges[^1] = (ranges[^1].First, codePoint);
            else
                ranges.Add((codePoint, codePoint));
        }

        return CodePointSet.Of([.. ranges]);
    }
}
