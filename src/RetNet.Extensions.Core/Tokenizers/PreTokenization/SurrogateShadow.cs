using System.Globalization;
using System.Text;

namespace RetNet.Extensions.Core.Tokenizers.PreTokenization;

/// <summary>
/// .NET's regular expressions see a character beyond U+FFFF as two surrogates, of category Cs, and so as neither letter nor number.
/// The shadow of a text has one character for each code point: itself, or one of the same Unicode category that the pattern does not name.
/// Code points beyond U+FFFF that the pattern names have another such character, <see cref="Members"/>.
/// </summary>
internal sealed class SurrogateShadow
{
    // Rare characters of each category without a case partner.
    private const string Rare = "\u13A0\uAB70\u1F88\uA015\uA000\u1CD0\u1CE1\u20DD\u0F20\u16EE\u2460\u203F\u2E17"
        + "\u2E28\u2E29\u2E02\u2E03\u2E0E\u2A00\u20B5\uA700\u2800\u206A\uE000\u0378";

    private const int Categories = (int)UnicodeCategory.OtherNotAssigned + 1;

    private readonly char[] _standIns = new char[Categories];
    private readonly char[] _members = new char[Categories];

    // Ranges that the pattern names beyond U+FFFF: in order, and apart from each other.
    private readonly List<(int First, int Last)> _beyond = [];

    /// <param name="pattern">The regular expression that reads the shadow.</param>
    public SurrogateShadow(string pattern)
    {
        List<(int First, int Last)> named = Named(pattern);
        foreach ((int first, int last) in named.Where(range => range.Last > char.MaxValue).Order())
        {
            if (_beyond is [.., (int start, int end)] && first <= end)
                _beyond[^1] = (start, Math.Max(end, last));
            else
                _beyond.Add((first, last));
        }

        foreach (char rare in Rare)
        {
            UnicodeCategory category = CharUnicodeInfo.GetUnicodeCategory(rare);
            char standIn = IsNamed(rare) ? Next(rare) : rare;
            _standIns[(int)category] = standIn;
            _members[(int)category] = Next(standIn);

            char Next(char character)
            {
                while (character < '\uD7FF' && (CharUnicodeInfo.GetUnicodeCategory(++character) != category || IsNamed(character)))
                    ;
                return character;
            }
        }

        bool IsNamed(int point) => named.Any(range => point >= range.First && point <= range.Last);
    }

    /// <summary>What stands in the shadow for the code points from one to another, both beyond U+FFFF and named by the pattern.</summary>
    public IEnumerable<char> Members(int first, int last) => Enumerable.Range(first, last + 1 - first)
        .Select(point => _members[(int)CharUnicodeInfo.GetUnicodeCategory(point)]).Distinct();

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
            shadow[count++] = rune.IsBmp ? (char)rune.Value
                : (IsNamedBeyond(rune.Value) ? _members : _standIns)[(int)Rune.GetUnicodeCategory(rune)];
        }

        origins[count] = text.Length;
        Array.Resize(ref shadow, count);
        return shadow;
    }

    private bool IsNamedBeyond(int point)
    {
        int index = _beyond.BinarySearch((point, int.MaxValue));
        return index < 0 && ~index > 0 && point <= _beyond[~index - 1].Last;
    }

    /// <summary>The code points of a pattern, and its ranges "a-b", whether or not they stand in a character class.</summary>
    private static List<(int First, int Last)> Named(string pattern)
    {
        List<(int First, int Last)> ranges = [];
        for (int position = 0; position < pattern.Length;)
        {
            int first = Point(pattern, ref position);
            int last = first;
            if (position + 1 < pattern.Length && pattern[position] == '-')
            {
                int end = position + 1;
                last = Math.Max(first, Point(pattern, ref end));
            }

            ranges.Add((first, last));
        }

        return ranges;
    }

    private static int Point(string pattern, ref int position)
    {
        const int Escape = 6;
        if (position + Escape <= pattern.Length && pattern.AsSpan(position).StartsWith("\\u") && ushort.TryParse(
            pattern.AsSpan(position + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort value))
        {
            position += Escape;
            return value;
        }

        Rune.DecodeFromUtf16(pattern.AsSpan(position), out Rune rune, out int length);
        position += length;
        return rune.Value;
    }
}
