using System.Numerics;

namespace Microsoft.ML.Internal;

/// <summary>The numbers that rows are split by: a combined Tausworthe generator (GPU Gems 3, chapter 37), seeded through rounds of MurmurHash3, so that a
/// seed splits the same rows as with the real package.</summary>
internal sealed class SplitRandom
{
    private uint _z1;
    private uint _z2;
    private uint _z3;
    private uint _z4;

    public SplitRandom(uint seed)
    {
        _z1 = seed;
        _z2 = MurmurRound(_z1, seed);
        _z3 = MurmurRound(_z2, seed);
        _z4 = MurmurRound(_z3, seed);
    }

    /// <summary>The next number in [0, 1).</summary>
    public float NextSingle()
    {
        Step(ref _z1, 13, 19, 12, ~1u);
        Step(ref _z2, 2, 25, 4, ~7u);
        Step(ref _z3, 3, 11, 17, ~15u);
        _z4 = (1664525 * _z4) + 1013904223;
        return ((_z1 ^ _z2 ^ _z3 ^ _z4) >> 9) * (1f / (1 << 23));
    }

    private static void Step(ref uint z, int s1, int s2, int s3, uint mask) => z = ((z & mask) << s3) ^ (((z << s1) ^ z) >> s2);

    private static uint MurmurRound(uint hash, uint chunk)
    {
        chunk = BitOperations.RotateLeft(chunk * 0xCC9E2D51, 15) * 0x1B873593;
        return (BitOperations.RotateLeft(hash ^ chunk, 13) * 5) + 0xE6546B64;
    }
}
