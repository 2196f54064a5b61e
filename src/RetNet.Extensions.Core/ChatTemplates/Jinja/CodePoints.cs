using System.Diagnostics.CodeAnalysis;
using System.Text;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>Strings as Python counts them: by code point.</summary>
internal static class CodePoints
{
    public static int Count(ReadOnlySpan<char> text)
    {
        int count = text.Length;
        for (int i = 1; i < text.Length; i++)
        {
            if (char.IsSurrogatePair(text[i - 1], text[i]))
                count--;
        }

        return count;
    }

    /// <summary>The order by code points, where UTF-16 puts those beyond U+FFFF before the last below.</summary>
    public static int Compare(string left, string right)
    {
        int same = left.AsSpan().CommonPrefixLength(right);
        if (same == left.Length || same == right.Length)
            return left.Length.CompareTo(right.Length);
        (char a, char b) = (left[same], right[same]);
        return char.IsSurrogate(a) == char.IsSurrogate(b) ? a.CompareTo(b) : char.IsSurrogate(a) ? 1 : -1;
    }

    /// <summary>The code points, each a value of its own.</summary>
    public static List<object?> Split(MarkedText text, Budget budget)
    {
        budget.Objects(text.Length);
        List<object?> result = new(text.Length);
        for (int start = 0, length; start < text.Length; start += length)
        {
            Rune.DecodeFromUtf16(text.Text.AsSpan(start), out _, out length);
            result.Add(text.Slice(start, length));
        }

        return result;
    }

    /// <summary>The code points from <paramref name="first"/> up to <paramref name="end"/>.</summary>
    public static MarkedText Slice(MarkedText text, int first, int end)
    {
        int start = Offset(text.Text, first);
        return text.Slice(start, Offset(text.Text.AsSpan(start), end - first));
    }

    /// <summary>The code point at an index, counted from the end if negative.</summary>
    public static bool TryIndex(MarkedText text, long index, Budget budget, [NotNullWhen(true)] out MarkedText? character)
    {
        budget.Read(2L * text.Length);
        int count = Count(text.Text);
        if (index < 0)
            index += count;
        bool found = index >= 0 && index < count;
        character = found ? Slice(text, (int)index, (int)index + 1) : null;
        return found;
    }

    /// <summary>The position of the code point with an index.</summary>
    private static int Offset(ReadOnlySpan<char> text, int index)
    {
        int position = 0;
        for (; index > 0; index--)
            position += position + 1 < text.Length && char.IsSurrogatePair(text[position], text[position + 1]) ? 2 : 1;
        return position;
    }
}
