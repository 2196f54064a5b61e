using System.Globalization;
using System.Text;

namespace RetNet.Extensions.Core.Tokenizers.PreTokenization;

/// <summary>
/// .NET's regular expressions see a character beyond U+FFFF as two surrogates, of category Cs, and so as neither letter nor number.
/// The shadow of a text has one character for each code point: itself, or one of the same Unicode category that the pattern does not name.
/// </summary>
internal sealed class SurrogateShadow
{
    // Rare characters of each category without a case partner.
    private const string Rare = "\u13A0\uAB70\u1F88\uA015\uA000\u1CD0\u1CE1\u20DD\u0F20\u16EE\u2460\u203F\u2E17"
        + "\u2E28\u2E29\u2E02\u2E03\u2E0E\u2A00\u20B5\uA700\u2800\u206A\uE000\u0378";

    private readonly char[] _standIns = new char[(int)UnicodeCategory.OtherNotAssigned + 1];

    /// <param name="pattern">The regular expression that reads the shadow.</param>
    public SurrogateShadow(string pattern)
    {
        List<(char First, char Last)> named = Named(pattern);
        foreach (char rare in Rare)
        {
            UnicodeCategory category = CharUnicodeInfo.GetUnicodeCategory(rare);
            char standIn = rare;
            if (IsNamed(rare))
            {
                while (standIn < '\uD7FF' && (CharUnicodeInfo.GetUnicodeCategory(++standIn) != category || IsNamed(standIn)))
                    ;
            }

            _standIns[(int)category] = standIn;
        }

        bool IsNamed(char character) => named.Any(range => character >= range.First && character <= range.Last);
    }

    /// <summary>The shadow of <paramref name="text"/>.</summary>
    /// <param name="text">Valid UTF-16.</param>
    /// <param name="origins">For each character of the shadow, and for its end, the position in <paramref name="text"/>.</param>
    public char[] Of(ReadOnlySpan<char> text, out int[] origins)
    {
        char[] shadow = new char[text.Length];
        origins = new int[text.Length + 1];
        int count = 0;
        for (int position = 0, length; position < text.Length; position += length)
        {
            Rune.DecodeFromUtf16(text[position..], out Rune rune, out length);
            origins[count] = position;
            shadow[count++] = rune.IsBmp ? (char)rune.Value : _standIns[(int)Rune.GetUnicodeCategory(rune)];
        }

        origins[count] = text.Length;
        Array.Resize(ref shadow, count);
        return shadow;
    }

    /// <summary>The characters of a pattern, and its ranges "a-b", whether or not they stand in a character class.</summary>
    private static List<(char First, char Last)> Named(string pattern)
    {
        List<(char First, char Last)> ranges = [];
        for (int position = 0; position < pattern.Length;)
        {
            char first = Character(pattern, ref position);
            char last = first;
            if (position + 1 < pattern.Length && pattern[position] == '-')
            {
                int end = position + 1;
                last = Character(pattern, ref end);
            }

            ranges.Add((first, last));
        }

        return ranges;
    }

    private static char Character(string pattern, ref int position)
    {
        const int Escape = 6;
        if (position + Escape <= pattern.Length && pattern.AsSpan(position).StartsWith("\\u") && ushort.TryParse(
            pattern.AsSpan(position + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort value))
        {
            position += Escape;
            return (char)value;
        }

        return pattern[position++];
    }
}
