using System.Buffers.Binary;
using System.Text;

namespace RetNet.Extensions.Core.Tokenizers.Normalization;

/// <summary>
/// SentencePiece's compiled normalization (<c>precompiled_charsmap</c>): a double-array trie of UTF-8 texts (Darts-clone), and the texts
/// that replace them. Whatever the bytes say, nothing outside them is read.
/// </summary>
internal sealed class PrecompiledMap
{
    private const uint HasValue = 1u << 8;
    private const uint LabelBits = (1u << 31) | 0xFF;

    private readonly uint[] _units;
    private readonly byte[] _replacements;

    private PrecompiledMap(uint[] units, byte[] replacements) => (_units, _replacements) = (units, replacements);

    /// <summary>Reads a map: the length of the trie in bytes (32 bits), the trie, and the replacements, each with a zero after
    /// it.</summary>
    /// <returns>The map, or null if its parts are not so long as it says.</returns>
    public static PrecompiledMap? Read(ReadOnlySpan<byte> content)
    {
        if (content.Length < sizeof(uint))
            return null;
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(content);
        content = content[sizeof(uint)..];
        if (length == 0 || length % sizeof(uint) != 0 || length > content.Length)
            return null;
        uint[] units = new uint[length / sizeof(uint)];
        for (int i = 0; i < units.Length; i++)
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(content[(i * sizeof(uint))..]);
        return new PrecompiledMap(units, content[(int)length..].ToArray());
    }

    /// <summary>Finds what a text begins with.</summary>
    /// <param name="text">Valid UTF-16.</param>
    /// <param name="longest">Whether the longest text of the map is searched for, or the shortest.</param>
    /// <param name="length">Its characters.</param>
    /// <param name="replacement">What replaces it.</param>
    public bool TryMatch(ReadOnlySpan<char> text, bool longest, out int length, out string replacement)
    {
        length = 0;
        uint value = 0;
        uint unit = _units[0];
        uint node = Offset(unit);
        int position = 0;
        Span<byte> utf8 = stackalloc byte[4];
        while (position < text.Length && (longest || length == 0))
        {
            Rune.DecodeFromUtf16(text[position..], out Rune rune, out int characters);
            if (!TryStep(ref node, ref unit, utf8[..rune.EncodeToUtf8(utf8)]))
                break;
            position += characters;
            if ((unit & HasValue) != 0 && node < _units.Length)
                (length, value) = (position, _units[node] & ~(1u << 31));
        }

        replacement = length > 0 ? Replacement(value) : "";
        return length > 0;
    }

    // A unit has a label in its lowest byte, a flag for a value at bit 8, and the distance to its children above.
    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & (1u << 9)) >> 6);

    private bool TryStep(ref uint node, ref uint unit, ReadOnlySpan<byte> labels)
    {
        foreach (byte label in labels)
        {
            node ^= label;
            if (label == 0 || node >= _units.Length || (_units[node] & LabelBits) != label)
                return false;
            unit = _units[node];
            node ^= Offset(unit);
        }

        return true;
    }

    private string Replacement(uint start)
    {
        if (start >= _replacements.Length)
            return "";
        ReadOnlySpan<byte> text = _replacements.AsSpan((int)start);
        int end = text.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? text : text[..end]);
    }
}
