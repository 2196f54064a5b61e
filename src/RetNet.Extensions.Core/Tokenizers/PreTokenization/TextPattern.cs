using System.Text;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers.PreTokenization;

/// <summary>Something that is searched for in a text: a literal, a regular expression or a class of characters.</summary>
internal abstract class TextPattern
{
    /// <summary>Appends the matches in <paramref name="text"/>, in order and without overlap.</summary>
    /// <exception cref="TextTimeException">It takes longer than <paramref name="limits"/> allow.</exception>
    public abstract void FindMatches(ReadOnlySpan<char> text, List<(int Start, int End)> matches, TextLimits limits);
}

/// <summary>A fixed text. An empty one matches nowhere.</summary>
internal sealed class LiteralPattern(string literal) : TextPattern
{
    public override void FindMatches(ReadOnlySpan<char> text, List<(int Start, int End)> matches, TextLimits limits)
    {
        if (literal.Length == 0)
            return;
        for (int start = 0; text[start..].IndexOf(literal, StringComparison.Ordinal) is var step and >= 0; start += step + literal.Length)
            matches.Add((start + step, start + step + literal.Length));
    }
}

/// <summary>Each single character of a class.</summary>
internal sealed class CharacterPattern(Predicate<Rune> contains) : TextPattern
{
    public override void FindMatches(ReadOnlySpan<char> text, List<(int Start, int End)> matches, TextLimits limits)
    {
        for (int start = 0, length; start < text.Length; start += length)
        {
            Rune.DecodeFromUtf16(text[start..], out Rune rune, out length);
            if (contains(rune))
                matches.Add((start, start + length));
        }
    }
}

/// <summary>Each run of so many characters; the last may be shorter.</summary>
internal sealed class LengthPattern(int count) : TextPattern
{
    public override void FindMatches(ReadOnlySpan<char> text, List<(int Start, int End)> matches, TextLimits limits)
    {
        for (int start = 0, end; start < text.Length; start = end)
        {
            end = start;
            for (int i = 0; i < count && end < text.Length; i++)
                end += char.IsHighSurrogate(text[end]) ? 2 : 1;
            matches.Add((start, end));
        }
    }
}
