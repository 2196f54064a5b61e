using System.Buffers.Binary;

namespace RetNet.Extensions.Fuzz.Mutations;

/// <summary>Changes binary data: numbers where they may stand, and their number.</summary>
internal static class Bytes
{
    private const int MostMoved = 64;

    private static readonly long[] Numbers =
    [
        0, 1, -1, 2, 7, 8, 16, 31, 32, 64, 127, 128, 255, 256, 1 << 16, 1 << 20, 1 << 30, int.MaxValue, int.MinValue, uint.MaxValue,
        1L << 40, 1L << 62, long.MaxValue, long.MinValue, 0x7FC00000, 0x7F800000, 0x7FF8000000000000,
    ];

    /// <summary>Changes data.</summary>
    /// <param name="input">The data.</param>
    /// <param name="mutation">Chance.</param>
    /// <param name="header">The first bytes, which every second change is made in.</param>
    public static byte[] Mutate(byte[] input, Mutation mutation, int header = 512)
    {
        if (input.Length == 0)
            return [(byte)mutation.Random.Next(256)];
        int place = mutation.Random.Next(mutation.OnceIn(2) ? Math.Min(header, input.Length) : input.Length);
        int length = Math.Min(1 + mutation.Small(MostMoved), input.Length - place);
        switch (mutation.Random.Next(8))
        {
            case 0:
                return input[..place];
            case 1:
                return [.. input[..place], .. input[(place + length)..]];
            case 2:
                return [.. input[..(place + length)], .. input[place..]];
            case 3:
                byte[] other = mutation.Other();
                int from = mutation.Random.Next(other.Length);
                return [.. input[..place], .. other.AsSpan(from, Math.Min(length, other.Length - from)), .. input[place..]];
            default:
                byte[] changed = [.. input];
                Overwrite(changed.AsSpan(place), mutation);
                return changed;
        }
    }

    private static void Overwrite(Span<byte> place, Mutation mutation)
    {
        long number = mutation.Pick(Numbers);
        switch (mutation.Random.Next(4))
        {
            case 0:
                place[0] ^= (byte)(1 << mutation.Random.Next(8));
                break;
            case 1 when place.Length >= sizeof(int):
                BinaryPrimitives.WriteInt32LittleEndian(place, (int)number);
                break;
            case 2 when place.Length >= sizeof(long):
                BinaryPrimitives.WriteInt64LittleEndian(place, number);
                break;
            default:
                place[0] = (byte)number;
                break;
        }
    }
}
