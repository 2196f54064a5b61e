using System.Runtime.CompilerServices;

namespace RetNet.Extensions.Core.Formats.Blocks;

/// <summary>The formats of 256 elements in groups whose scales are integers: Q2_K, Q3_K, Q4_K, Q5_K and Q6_K.</summary>
internal static unsafe class GroupedBlocks
{
    private const int Elements = 256;
    private const int Group = 32;
    private const int SmallGroup = 16;
    private const int HalfBlock = 128;
    private const int HalfSize = BlockBytes.HalfSize;

    // Two halves, and the scales and minima of the groups of Q4_K and Q5_K.
    private const int Header = (2 * HalfSize) + 12;

    /// <summary>One of the eight groups of a block of Q4_K: element i is scale · q[i] − offset.</summary>
    /// <param name="block">The block.</param>
    /// <param name="group">The group.</param>
    /// <param name="q">Receives 32 numbers from 0 to 15.</param>
    public static (float Scale, float Offset) ReadQ4_K(byte* block, int group, Span<byte> q)
    {
        ReadGroup(block + Header, group, q);
        return ReadGroupScale(block, group);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q2_K(byte* block, float* values)
    {
        byte* scales = block;
        byte* numbers = scales + (Elements / SmallGroup);
        byte* halves = numbers + (Elements / 4);
        float d = BlockBytes.Half(halves);
        float minimum = BlockBytes.Half(halves + HalfSize);
        for (int group = 0; group < Elements / SmallGroup; group++, values += SmallGroup)
        {
            float scale = d * (scales[group] & 0xF);
            float offset = minimum * (scales[group] >> 4);
            byte* twoBits = TwoBits(numbers, group, out int shift);
            for (int i = 0; i < SmallGroup; i++)
                values[i] = (scale * ((twoBits[i] >> shift) & 3)) - offset;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q3_K(byte* block, float* values)
    {
        byte* upper = block;
        byte* numbers = upper + (Elements / 8);
        byte* scales = numbers + (Elements / 4);
        float d = BlockBytes.Half(scales + 12);
        for (int group = 0; group < Elements / SmallGroup; group++, values += SmallGroup)
        {
            int low = BlockBytes.Nibble(scales[group % 8], group / 8);
            int high = (scales[8 + (group % 4)] >> (2 * (group / 4))) & 3;
            float scale = d * ((low | (high << 4)) - 32);
            byte* twoBits = TwoBits(numbers, group, out int shift);
            byte* thirdBits = upper + (group % 2 * SmallGroup);
            for (int i = 0; i < SmallGroup; i++)
            {
                int third = (thirdBits[i] >> (group / 2)) & 1;
                values[i] = scale * (((twoBits[i] >> shift) & 3) + (4 * third) - 4);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q4_K(byte* block, float* values)
    {
        Span<byte> q = stackalloc byte[Group];
        for (int group = 0; group < Elements / Group; group++, values += Group)
        {
            (float scale, float minimum) = ReadQ4_K(block, group, q);
            for (int i = 0; i < Group; i++)
                values[i] = (scale * q[i]) - minimum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q5_K(byte* block, float* values)
    {
        byte* upper = block + Header;
        Span<byte> q = stackalloc byte[Group];
        for (int group = 0; group < Elements / Group; group++, values += Group)
        {
            ReadGroup(upper + Group, group, q);
            (float scale, float minimum) = ReadGroupScale(block, group);
            for (int i = 0; i < Group; i++)
                values[i] = (scale * (q[i] | (((upper[i] >> group) & 1) << 4))) - minimum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q6_K(byte* block, float* values)
    {
        byte* lower = block;
        byte* upper = block + HalfBlock;
        sbyte* scales = (sbyte*)(upper + (HalfBlock / 2));
        float d = BlockBytes.Half((byte*)(scales + (Elements / SmallGroup)));
        for (int i = 0; i < Elements; i++)
        {
            int half = i / HalfBlock;
            int k = i / Group % 4;
            int j = i % Group;
            int low = (lower[(half * 64) + (k % 2 * Group) + j] >> (k / 2 * 4)) & 0xF;
            int high = (upper[(half * Group) + j] >> (2 * k)) & 3;
            values[i] = d * scales[i / SmallGroup] * ((low | (high << 4)) - 32);
        }
    }

    /// <summary>Where the two bits of each number of one of sixteen groups are: each 32 bytes hold 128 elements, 32 in two bits of every
    /// byte.</summary>
    private static byte* TwoBits(byte* numbers, int group, out int shift)
    {
        shift = group / 2 % 4 * 2;
        return numbers + (group / 8 * Group) + (group % 2 * SmallGroup);
    }

    /// <summary>Four bits of each number of one of eight groups.</summary>
    private static void ReadGroup(byte* numbers, int group, Span<byte> q)
    {
        byte* pairs = numbers + (group / 2 * Group);
        int shift = group % 2 * 4;
        for (int i = 0; i < Group; i++)
            q[i] = (byte)((pairs[i] >> shift) & 0xF);
    }

    /// <summary>Scale and minimum of one of eight groups.</summary>
    private static (float Scale, float Minimum) ReadGroupScale(byte* block, int group)
    {
        const int groupsOfSixBits = 4;
        byte* scales = block + (2 * HalfSize);
        int scale, minimum;
        if (group < groupsOfSixBits)
        {
            scale = scales[group] & 63;
            minimum = scales[group + groupsOfSixBits] & 63;
        }
        else
        {
            scale = (scales[group + groupsOfSixBits] & 0xF) | ((scales[group - groupsOfSixBits] >> 6) << 4);
            minimum = (scales[group + groupsOfSixBits] >> 4) | ((scales[group] >> 6) << 4);
        }

        return (BlockBytes.Half(block) * scale, BlockBytes.Half(block + HalfSize) * minimum);
    }
}
