using RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>Texts that are brought to a width, counted by code point.</summary>
internal static class TextLayout
{
    /// <summary>Fills a text up on both sides; an odd character stands where Python puts it.</summary>
    public static MarkedText Center(MarkedText text, long width, MarkedText filling, Budget budget)
    {
        long missing = Missing(text, width, budget);
        long left = (missing / 2) + (missing & width & 1);
        return Fill(left, filling, text, missing - left, budget);
    }

    /// <summary>Fills a text up behind it.</summary>
    public static MarkedText AtStart(MarkedText text, long width, MarkedText filling, Budget budget) =>
        Fill(0, filling, text, Missing(text, width, budget), budget);

    /// <summary>Fills a text up before it.</summary>
    public static MarkedText AtEnd(MarkedText text, long width, MarkedText filling, Budget budget) =>
        Fill(Missing(text, width, budget), filling, text, 0, budget);

    /// <summary>Zeros before a text, behind its sign.</summary>
    public static MarkedText WithZeros(MarkedText text, long width, Budget budget)
    {
        int sign = text.Text is ['+' or '-', ..] ? 1 : 0;
        budget.Characters(text.Length);
        return text.Slice(0, sign)
            + Fill(Missing(text, width, budget), MarkedText.Trusted("0"), text.Slice(sign, text.Length - sign), 0, budget);
    }

    /// <summary>Blanks up to the next multiple of a width for each tab.</summary>
    public static MarkedText WithoutTabs(MarkedText text, long width, Budget budget)
    {
        MarkedTextBuilder result = new();
        long column = 0;
        foreach (MarkedText character in CodePoints.Split(text, budget).OfType<MarkedText>())
        {
            bool isTab = character.Text == "\t";
            long blanks = isTab && width > 0 ? width - (column % width) : 0;
            result.Append(isTab ? TextFunctions.Repeat(MarkedText.Trusted(" "), blanks, budget) : character);
            column = character.Text is "\n" or "\r" ? 0 : isTab ? column + blanks : column + 1;
        }

        return result.ToMarkedText();
    }

    /// <summary>Jinja's <c>truncate</c>: a text that is too long ends with a sign, after a whole word if there is one.</summary>
    public static MarkedText Truncate(MarkedText text, TemplateArguments arguments, Budget budget)
    {
        arguments.Only("truncate", "length", "killwords", "end", "leeway");
        long length = Values.Integer(arguments.Get(0, "length", 255L), "truncate");
        MarkedText end = Values.Text(arguments.Get(2, "end", MarkedText.Trusted("...")), "truncate");
        long leeway = Values.Integer(arguments.Get(3, "leeway", null) ?? 5L, "truncate");
        long kept = length - Values.Length(end, budget);
        if (kept < 0 || leeway < 0)
            throw new TemplateFailure($"truncate has the length {length} and the leeway {leeway}; expected room for its end");
        long count = Values.Length(text, budget);
        if (count <= length || count - length <= leeway)
            return text;
        budget.Characters(text.Length);
        MarkedText part = CodePoints.Slice(text, 0, (int)kept);
        int word = Values.IsTrue(arguments.Get(1, "killwords", false)) ? -1 : part.Text.LastIndexOf(' ');
        return part.Slice(0, word < 0 ? part.Length : word) + end;
    }

    private static long Missing(MarkedText text, long width, Budget budget)
    {
        long length = Values.Length(text, budget);
        return width > length ? width - length : 0;
    }

    private static MarkedText Fill(long left, MarkedText filling, MarkedText text, long right, Budget budget)
    {
        budget.Characters(text.Length);
        return TextFunctions.Repeat(filling, left, budget) + text + TextFunctions.Repeat(filling, right, budget);
    }
}
