namespace RetNet.Extensions.Core.Tokenizers.Text;

/// <summary>GPT-2's alphabet: a printable character for each byte (<c>bytes_to_unicode</c> in its encoder.py), so that "Ġ" is a
/// space.</summary>
internal static class ByteAlphabet
{
    private const int FirstStandIn = 0x100;

    private static readonly char[] Characters = Enumerable.Range(0, 256).Select(value => IsPrintable(value) ? (char)value : '\0').ToArray();
    private static readonly short[] Bytes = new short[FirstStandIn + 256];

    static ByteAlphabet()
    {
        Array.Fill<short>(Bytes, -1);
        int next = FirstStandIn;
        for (int value = 0; value < Characters.Length; value++)
        {
            if (!IsPrintable(value))
                Characters[value] = (char)next++;
            Bytes[Characters[value]] = (short)value;
        }
    }

    public static char Character(byte value) => Characters[value];

    public static bool TryGetByte(char character, out byte value)
    {
        short found = character < Bytes.Length ? Bytes[character] : (short)-1;
        value = (byte)found;
        return found >= 0;
    }

    private static bool IsPrintable(int value) => value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
}
