using System.Globalization;
using System.Text;
using RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>Python's string methods, which keep the origin of each character.</summary>
internal static class TextFunctions
{
    private static readonly (string Sign, string Entity)[] Entities =
        [("&", "&amp;"), (">", "&gt;"), ("<", "&lt;"), ("'", "&#39;"), ("\"", "&#34;")];

    public static MarkedText Strip(MarkedText text, object? characters, bool left, bool right, Budget budget)
    {
        ReadOnlySpan<char> span = text.Text.AsSpan();
        string? set = characters is null ? null : Values.Text(characters, "strip").Text;
        budget.Characters(text.Length);
        budget.Search(text.Length, set?.Length ?? 1);
        int start = !left ? 0 : text.Length - (set is null ? span.TrimStart() : span.TrimStart(set)).Length;
        int end = !right ? text.Length : (set is null ? span.TrimEnd() : span.TrimEnd(set)).Length;
        MarkedText stripped = end <= start ? MarkedText.Empty : text.Slice(start, end - start);
        return stripped with { IsMarkup = text.IsMarkup };
    }

    /// <summary>Cuts at a separator, or at runs of white space without one; at most <paramref name="most"/> cuts, unless
    /// negative.</summary>
    public static List<object?> Split(MarkedText text, object? separator, long most, Budget budget)
    {
        budget.Characters(text.Length);
        return separator is null
            ? SplitAtWhiteSpace(text, most, budget)
            : SplitAt(text, Values.Text(separator, "split").Text, most, budget);
    }

    /// <summary>As <see cref="Split"/>, but the cuts are counted from the end.</summary>
    public static List<object?> SplitFromEnd(MarkedText text, object? separator, long most, Budget budget)
    {
        List<object?> parts = Split(text, separator, -1, budget);
        if (most < 0 || parts.Count - 1 <= most)
            return parts;
        List<object?> tail = parts.Skip(parts.Count - (int)most).ToList();
        if (separator is null)
        {
            int end = text.Text.AsSpan().TrimEnd().Length;
            foreach (MarkedText word in tail.OfType<MarkedText>().Reverse())
                end = text.Text.AsSpan(0, end - word.Length).TrimEnd().Length;
            return [text.Slice(0, end), .. tail];
        }

        int tailLength = tail.Sum(part => ((MarkedText)part!).Length + ((MarkedText)separator).Length);
        return [text.Slice(0, text.Length - tailLength), .. tail];
    }

    public static MarkedText Replace(MarkedText text, MarkedText old, MarkedText replacement, long most, Budget budget)
    {
        budget.Characters(text.Length);
        budget.Search(text.Length, old.Length);
        if (old.Length == 0)
            return Spread(text, replacement, most, budget);
        MarkedTextBuilder result = new();
        int done = 0;
        for (long count = 0; most < 0 || count < most; count++)
        {
            int found = text.Text.IndexOf(old.Text, done, StringComparison.Ordinal);
            if (found < 0)
                break;
            budget.Objects(1);
            budget.Characters(replacement.Length);
            result.Append(text.Slice(done, found - done));
            result.Append(replacement);
            done = found + old.Length;
        }

        result.Append(text.Slice(done, text.Length - done));
        return result.ToMarkedText();
    }

    /// <summary>HTML of a text; what is HTML already stays.</summary>
    public static MarkedText Escape(MarkedText text, Budget budget)
    {
        if (text.IsMarkup)
            return text;
        MarkedText escaped = text;
        foreach ((string sign, string entity) in Entities)
            escaped = Replace(escaped, MarkedText.Trusted(sign), escaped.Derive(entity), -1, budget);
        return escaped with { IsMarkup = true };
    }

    /// <summary>The sum of two texts of which one is HTML.</summary>
    public static MarkedText JoinMarkup(MarkedText left, MarkedText right, Budget budget)
    {
        MarkedText joined = Join([Escape(left, budget), Escape(right, budget)], MarkedText.Empty, budget);
        return joined with { IsMarkup = true };
    }

    /// <summary>Replaces the empty text before each character and at the end.</summary>
    private static MarkedText Spread(MarkedText text, MarkedText replacement, long most, Budget budget)
    {
        List<object?> characters = CodePoints.Split(text, budget);
        budget.Characters((characters.Count + 1L) * replacement.Length);
        MarkedTextBuilder result = new();
        for (int i = 0; i <= characters.Count; i++)
        {
            if (most < 0 || i < most)
                result.Append(replacement);
            if (i < characters.Count)
                result.Append((MarkedText)characters[i]!);
        }

        return result.ToMarkedText();
    }

    /// <summary>Whether there are letters of one case and none of the other.</summary>
    public static bool IsCased(MarkedText text, Predicate<char> one, Predicate<char> other, Budget budget)
    {
        budget.Read(text.Length);
        return text.Text.Any(character => one(character)) && !text.Text.Any(character => other(character));
    }

    public static MarkedText Join(IReadOnlyList<MarkedText> items, MarkedText separator, Budget budget) =>
        Join(items, separator, item => (MarkedText)item!, budget);

    public static MarkedText Join(IReadOnlyList<object?> items, MarkedText separator, Func<object?, MarkedText> print, Budget budget)
    {
        MarkedTextBuilder result = new();
        for (int i = 0; i < items.Count; i++)
        {
            MarkedText item = print(items[i]);
            budget.Characters((long)item.Length + separator.Length);
            if (i > 0)
                result.Append(separator);
            result.Append(item);
        }

        return result.ToMarkedText();
    }

    public static MarkedText Repeat(MarkedText text, long times, Budget budget)
    {
        if (times <= 0 || text.Length == 0)
            return MarkedText.Empty;
        budget.Characters(Math.Min(times, int.MaxValue) * text.Length);
        MarkedTextBuilder result = new();
        for (long i = 0; i < times; i++)
            result.Append(text);
        return result.ToMarkedText();
    }

    public static MarkedText Upper(MarkedText text, Budget budget) =>
        Map(text, run => Spelled(run.ToUpperInvariant(), "\u00df", "SS", budget), budget);

    public static MarkedText Lower(MarkedText text, Budget budget) => Map(text, run => run.ToLowerInvariant(), budget);

    /// <summary>Small letters for comparison, in which <c>\u00df</c> is <c>ss</c>.</summary>
    public static MarkedText CaseFold(MarkedText text, Budget budget) =>
        Map(text, run => Spelled(run.ToLowerInvariant(), "\u00df", "ss", budget), budget);

    public static MarkedText SwapCase(MarkedText text, Budget budget) => Map(
        text,
        run => Spelled(string.Create(run.Length, run, static (swapped, run) =>
        {
            for (int i = 0; i < run.Length; i++)
                swapped[i] = char.IsUpper(run[i]) ? char.ToLowerInvariant(run[i]) : char.ToUpperInvariant(run[i]);
        }), "\u00df", "SS", budget),
        budget);

    private static string Spelled(string text, string letter, string spelling, Budget budget)
    {
        if (!text.Contains(letter, StringComparison.Ordinal))
            return text;
        budget.Characters((long)spelling.Length * text.Length);
        return text.Replace(letter, spelling, StringComparison.Ordinal);
    }

    public static MarkedText Capitalize(MarkedText text, Budget budget)
    {
        int first = text.Length == 0 ? 0 : char.IsSurrogate(text.Text[0]) ? Math.Min(2, text.Length) : 1;
        MarkedText upper = Upper(text.Slice(0, first), budget);
        return upper.Slice(0, Math.Min(first, upper.Length))
            + Lower(upper.Slice(first, upper.Length - first) + text.Slice(first, text.Length - first), budget);
    }

    /// <summary>Python's <c>title</c>: a word begins after what is no letter.</summary>
    public static MarkedText Title(MarkedText text, Budget budget) => Title(text, character => !char.IsLetter(character), budget);

    /// <summary>Jinja's <c>title</c>: a word begins after white space, a hyphen or an opening bracket.</summary>
    public static MarkedText TitleOfWords(MarkedText text, Budget budget) =>
        Title(text, character => char.IsWhiteSpace(character) || character is '-' or '(' or '{' or '[' or '<', budget);

    private static MarkedText Title(MarkedText text, Predicate<char> separates, Budget budget)
    {
        budget.Characters(text.Length);
        StringBuilder result = new(text.Length);
        bool inWord = false;
        foreach (char character in text.Text)
        {
            result.Append(inWord
                ? char.ToLower(character, CultureInfo.InvariantCulture)
                : char.ToUpper(character, CultureInfo.InvariantCulture));
            inWord = !separates(character);
        }

        return text with { Text = result.ToString() };
    }

    /// <summary>Jinja's <c>indent</c>: blanks at the start of every line but the first and the empty ones. Lines end with a line feed
    /// then, whatever ended them before.</summary>
    public static MarkedText Indent(MarkedText text, MarkedText blanks, bool first, bool blank, Budget budget)
    {
        budget.Characters(text.Length);
        MarkedText newline = MarkedText.Trusted("\n");
        List<object?> lines = Methods.SplitLines(text + newline, keepEnds: false, budget);
        for (int i = 0; i < lines.Count; i++)
        {
            MarkedText line = (MarkedText)lines[i]!;
            if (!(i == 0 ? first : blank || line.Length > 0))
                continue;
            budget.Objects(1);
            budget.Characters((long)blanks.Length + line.Length);
            lines[i] = blanks + line;
        }

        return Join(lines, newline, line => (MarkedText)line!, budget);
    }

    private static MarkedText Map(MarkedText text, Func<string, string> rewrite, Budget budget)
    {
        budget.Characters(text.Length);
        budget.Objects(MarkedRuns.Count(text));
        return MarkedRuns.Transform(text, rewrite);
    }

    private static List<object?> SplitAt(MarkedText text, string separator, long most, Budget budget)
    {
        if (separator.Length == 0)
            throw new TemplateFailure("the separator of split is empty");
        budget.Search(text.Length, separator.Length);
        List<object?> parts = new();
        int done = 0;
        for (int found = text.Text.IndexOf(separator, StringComparison.Ordinal);
            found >= 0 && (most < 0 || parts.Count < most);
            found = text.Text.IndexOf(separator, done, StringComparison.Ordinal))
        {
            budget.Objects(1);
            parts.Add(text.Slice(done, found - done));
            done = found + separator.Length;
        }

        parts.Add(text.Slice(done, text.Length - done));
        return parts;
    }

    private static List<object?> SplitAtWhiteSpace(MarkedText text, long most, Budget budget)
    {
        List<object?> parts = new();
        int position = 0;
        while (true)
        {
            while (position < text.Length && char.IsWhiteSpace(text.Text[position]))
                position++;
            if (position == text.Length)
                return parts;
            int start = position;
            if (parts.Count == most)
            {
                parts.Add(text.Slice(start, text.Length - start));
                return parts;
            }

            while (position < text.Length && !char.IsWhiteSpace(text.Text[position]))
                position++;
            budget.Objects(1);
            parts.Add(text.Slice(start, position - start));
        }
    }
}
