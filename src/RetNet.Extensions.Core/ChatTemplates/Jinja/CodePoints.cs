using System.Text;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>Strings as Python counts them: by code point.</summary>
internal static class CodePoints
{
    public static int Count(string text)
    {
        int count = text.Length;
        for (int i = 1; i < text.Length; i++)
        {
            if (char.IsSurrogatePair(text[i - 1], text[i]))
                count--;
        }

        return count;
    }

    public static List<object?> Split(MarkedText text)
    {
        List<object?> result = new(text.Length);
        for (int start = 0, length; start < text.Length; start += length)
        {
            Rune.DecodeFromUtf16(text.Text.AsSpan(start), out _, out length);
            result.Add(text.Slice(start, length));
        }

        return result;
    }
}
