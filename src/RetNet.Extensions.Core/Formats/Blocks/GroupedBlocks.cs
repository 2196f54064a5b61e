using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RetNet.Extensions.Core.Formats.Blocks;

/// <summary>The formats of 256 elements in groups whose scales are integers: Q2_K, Q3_K, Q4_K, Q5_K and Q6_K.</summary>
internal static unsafe class GroupedBlocks
{
    private const int Elements = 256;
    private const int Group = 32;
    private const int Groups = Elements / Group;
    private const int SmallGroup = 16;
    private const int HalfBlock = 128;
    private const int HalfSize = BlockBytes.HalfSize;

    // Two halves, and the scales and minima of the groups of Q4_K and Q5_K.
    private const int Header = (2 * HalfSize) + 12;

    /// <summary>A block of Q4_K: element i of group g is scales[g] · q[32 · g + i] − minima[g].</summary>
    /// <param name="block">The block.</param>
    /// <param name="fours">Receives 64 words of four numbers q, see <see cref="BlockBytes.JoinFours"/>.</param>
    /// <param name="scales">Receives 8 scales.</param>
    /// <param name="minima">Receives 8 minima.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ReadQ4_K(byte* block, ushort* fours, float* scales, float* minima)
    {
        ReadScales(block, scales, minima);
        byte* pairs = block + Header;
        for (int group = 0; group < Groups; group += 2, pairs += Group, fours += 2 * Group / 4)
        {
            Vector256<byte> both = Vector256.Load(pairs);
            Vector256<uint> lower = BlockBytes.Fours(both & Vector256.Create((byte)0xF));
            Vector256.Narrow(lower, BlockBytes.Fours(both >>> 4)).Store(fours);
        }
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
        byte* q = stackalloc byte[Elements];
        ReadNibbles(block + Header, q);
        Widen(block, q, values);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q5_K(byte* block, float* values)
    {
        byte* q = stackalloc byte[Elements];
        ReadNibbles(block + Header + Group, q);
        Vector256<byte> fifthBits = Vector256.Load(block + Header);
        for (int group = 0; group < Groups; group++)
        {
            Vector256<byte> fifth = ((fifthBits >>> group) & Vector256<byte>.One) << 4;
            (Vector256.Load(q + (group * Group)) | fifth).Store(q + (group * Group));
        }

        Widen(block, q, values);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q6_K(byte* block, float* values)
    {
        byte* lower = block;
        byte* upper = block + HalfBlock;
        sbyte* scales = (sbyte*)(upper + (HalfBlock / 2));
        float d = BlockBytes.Half((byte*)(scales + (Elements / SmallGroup)));
        Vector256<byte> nibble = Vector256.Create((byte)0xF), twoBits = Vector256.Create((byte)3);
        sbyte* q = stackalloc sbyte[Elements];
        for (int quarter = 0; quarter < Groups; quarter++)
        {
            int half = quarter / 4, k = quarter % 4;
            Vector256<byte> low = (Vector256.Load(lower + (half * 64) + (k % 2 * Group)) >>> (k / 2 * 4)) & nibble;
            Vector256<byte> high = (Vector256.Load(upper + (half * Group)) >>> (2 * k)) & twoBits;
            ((low | (high << 4)).AsSByte() - Vector256.Create((sbyte)32)).Store(q + (quarter * Group));
        }

        for (int group = 0; group < Elements / SmallGroup; group++)
        {
            Vector256<float> scale = Vector256.Create(d * scales[group]);
            for (int i = group * SmallGroup; i < (group + 1) * SmallGroup; i += Vector256<float>.Count)
                (scale * BlockBytes.EightFloats(q + i)).Store(values + i);
        }
    }

    /// <summary>Where the two bits of each number of one of sixteen groups are: each 32 bytes hold 128 elements, 32 in two bits of every
    /// byte.</summary>
    private static byte* TwoBits(byte* numbers, int group, out int shift)
    {
        shift = group / 2 % 4 * 2;
        return numbers + (group / 8 * Group) + (group % 2 * SmallGroup);
    }

    /// <summary>Widens a block of Q4_K or Q5_K.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Widen(byte* block, byte* q, float* values)
    {
        float* scales = stackalloc float[Groups];
        float* minima = stackalloc float[Groups];
        ReadScales(block, scales, minima);
        for (int group = 0; group < Groups; group++)
        {
            Vector256<float> scale = Vector256.Create(scales[group]), minimum = Vector256.Create(minima[group]);
            for (int i = group * Group; i < (group + 1) * Group; i += Vector256<float>.Count)
                ((scale * BlockBytes.EightFloats(q + i)) - minimum).Store(values + i);
        }
    }

    /// <summary>Four bits of each number: the lower and the upper halves of 32 bytes are two groups.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ReadNibbles(byte* pairs, byte* q)
    {
        for (int group = 0; group < Groups; group += 2, pairs += Group)
        {
            Vector256<byte> both = Vector256.Load(pairs);
            (both & Vector256.Create((byte)0xF)).Store(q + (group * Group));
            (both >>> 4).Store(q + ((group + 1) * Group));
        }
    }

    /// <summary>The scales and minima of the eight groups of Q4_K and Q5_K, six bits of each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ReadScales(byte* block, float* scales, float* minima)
    {
        const uint sixBits = 0x3F3F3F3F, lowerFour = 0x0F0F0F0F, upperTwo = 0x30303030;
        byte* bits = block + (2 * HalfSize);
        uint a = BlockBytes.UInt32(bits), b = BlockBytes.UInt32(bits + 4), c = BlockBytes.UInt32(bits + 8);
        ulong scale = (a & sixBits) | ((ulong)((c & lowerFour) | ((a >> 2) & upperTwo)) << 32);
        ulong minimum = (b & sixBits) | ((ulong)(((c >> 4) & lowerFour) | ((b >> 2) & upperTwo)) << 32);
        (Vector256.Create(BlockBytes.Half(block)) * BlockBytes.EightFloats((byte*)&scale)).Store(scales);
        (Vector256.Create(BlockBytes.Half(block + HalfSize)) * BlockBytes.EightFloats((byte*)&minimum)).Store(minima);
    }
}
