using System.Globalization;
using System.Text;

namespace RetNet.Extensions.Core.Tokenizers.PreTokenization;

/// <summary>
/// .NET's regular expressions see a character beyond U+FFFF as two surrogates, of category Cs, and so as neither letter nor number.
/// The shadow of a text has one character for each code point: itself, or a rare character of the same Unicode category.
/// </summary>
internal static class SurrogateShadow
{
    private static readonly char[] StandIns = CreateStandIns();

    /// <summary>The shadow of <paramref name="text"/>.</summary>
    /// <param name="text">Valid UTF-16.</param>
    /// <param name="origins">For each character of the shadow, and for its end, the position in <paramref name="text"/>.</param>
    public static char[] Of(ReadOnlySpan<char> text, out int[] origins)
    {
        char[] shadow = new char[text.Length];
        origins = new int[text.Length + 1];
        int count = 0;
        for (int position = 0, length; position < text.Length; position += length)
        {
            Rune.DecodeFromUtf16(text[position..], out Rune rune, out length);
            origins[count] = position;
            shadow[count++] = rune.IsBmp ? (char)rune.Value : StandIns[(int)Rune.GetUnicodeCategory(rune)];
        }

        origins[count] = text.Length;
        Array.Resize(ref shadow, count);
        return shadow;
    }

    private static char[] CreateStandIns()
    {
        char[] standIns = new char[(int)UnicodeCategory.OtherNotAssigned + 1];
        // Rare characters without a case partner that a pattern's ranges might name.
        const string rare = "\u13A0\uAB70\u1F88\uA015\uA000\u1CD0\u1CE1\u20DD\u0F20\u16EE\u2460\u203F\u2E17"
            + "\u2E28\u2E29\u2E02\u2E03\u2E0E\u2A00\u20B5\uA700\u2800\u206A\uE000\u0378";
        foreach (char standIn in rare)
            standIns[(int)CharUnicodeInfo.GetUnicodeCategory(standIn)] = standIn;
        return standIns;
    }
}
