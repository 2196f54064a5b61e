using System.Text;

namespace RetNet.Extensions.AI.Schemas.Types;

/// <summary>Regular expressions of .NET in the notation of ECMA-262: <c>\A</c>, <c>\z</c> and <c>\Z</c>, and <c>(?i)</c> outside of groups.
/// Everything else stays as it is.</summary>
internal static class DotNetPattern
{
    /// <summary>The expression in ECMA-262's notation.</summary>
    public static string ToEcma(string pattern)
    {
        const string IgnoreCase = "(?i)";
        StringBuilder ecma = new();
        bool ignoresCase = false, isInClass = false;
        int depth = 0;
        for (int i = 0; i < pattern.Length; i++)
        {
            char character = pattern[i];
            if (character == '\\' && i + 1 < pattern.Length)
            {
                int end = EndOfEscape(pattern, i);
                ecma.Append(!isInClass && pattern[i + 1] is 'A' ? "^"
                    : !isInClass && pattern[i + 1] is 'z' or 'Z' ? "$"
                    : pattern[i..end]);
                i = end - 1;
                continue;
            }

            if (!isInClass && depth == 0 && string.CompareOrdinal(pattern, i, IgnoreCase, 0, IgnoreCase.Length) == 0)
            {
                ignoresCase = true;
                i += IgnoreCase.Length - 1;
                continue;
            }

            if (isInClass)
                isInClass = character != ']';
            else if (character == '[')
                isInClass = true;
            else
                depth += character == '(' ? 1 : character == ')' ? -1 : 0;
            if (ignoresCase && isInClass && IsRange(pattern, i))
            {
                AppendRange(ecma, pattern[i], pattern[i + 2]);
                i += 2;
            }
            else if (ignoresCase && character == '(' && GroupName(pattern, i) is { } name)
            {
                ecma.Append(name);
                i += name.Length - 1;
            }
            else
            {
                string cases = ignoresCase ? Cases(character) : $"{character}";
                ecma.Append(cases.Length > 1 && !isInClass ? $"[{cases}]" : cases);
            }
        }

        return ecma.ToString();
    }

    /// <summary>Where an escape ends: after its letter, or the braces or digits that belong to it.</summary>
    private static int EndOfEscape(string pattern, int start)
    {
        int end = start + 2;
        switch (pattern[start + 1])
        {
            case 'p' or 'P' when end < pattern.Length && pattern[end] == '{':
                return pattern.IndexOf('}', end) is >= 0 and var brace ? brace + 1 : end;
            case 'x':
                return Math.Min(end + 2, pattern.Length);
            case 'u':
                return Math.Min(end + 4, pattern.Length);
            case 'c':
                return Math.Min(end + 1, pattern.Length);
            default:
                return end;
        }
    }

    private static bool IsRange(string pattern, int start) => start + 2 < pattern.Length && pattern[start + 1] == '-'
        && pattern[start] is not ('[' or '\\') && pattern[start + 2] is not (']' or '\\') && pattern[(start - 1)..(start + 1)] != "[^";

    // Ranges of letters; what a longer one has besides is in it already.
    private static void AppendRange(StringBuilder ecma, char first, char last)
    {
        ecma.Append(first).Append('-').Append(last);
        foreach ((char from, char to, int other) in (ReadOnlySpan<(char, char, int)>)[('a', 'z', 'A' - 'a'), ('A', 'Z', 'a' - 'A')])
        {
            char low = first > from ? first : from, high = last < to ? last : to;
            if (low <= high)
                ecma.Append((char)(low + other)).Append('-').Append((char)(high + other));
        }
    }

    private static string? GroupName(string pattern, int start) =>
        string.CompareOrdinal(pattern, start, "(?<", 0, 3) == 0 && pattern.IndexOf('>', start) is >= 0 and var end
            ? pattern[start..(end + 1)]
            : null;

    private static string Cases(char character)
    {
        char lower = char.ToLowerInvariant(character), upper = char.ToUpperInvariant(character);
        return lower == upper ? $"{character}" : $"{lower}{upper}";
    }
}
