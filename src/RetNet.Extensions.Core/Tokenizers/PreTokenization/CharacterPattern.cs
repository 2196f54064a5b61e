using System.Text;

namespace RetNet.Extensions.Core.Tokenizers.PreTokenization;

/// <summary>Each single character of a class.</summary>
internal sealed class CharacterPattern(Predicate<Rune> contains) : TextPattern
{
    public override void FindMatches(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        for (int start = 0, length; start < text.Length; start += length)
        {
            Rune.DecodeFromUtf16(text[start..], out var rune, out length);
            if (contains(rune))
                matches.Add((start, start + length));
        }
    }
}
