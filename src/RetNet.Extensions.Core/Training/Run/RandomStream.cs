namespace RetNet.Extensions.Core.Training.Run;

/// <summary>Random numbers that are a function of a seed and a place (SplitMix64), so that a resumed training needs no saved
/// generator.</summary>
internal struct RandomStream
{
    private ulong _state;

    /// <param name="seed">The training's seed.</param>
    /// <param name="place">What the numbers are for, such as the number of an epoch.</param>
    public RandomStream(int seed, long place)
    {
        _state = (uint)seed;
        _state = Next() ^ (ulong)place;
    }

    public ulong Next()
    {
        ulong z = _state += 0x9E37_79B9_7F4A_7C15;
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0 to <paramref name="limit"/> − 1.</summary>
    public int Next(int limit) => (int)(((UInt128)Next() * (uint)limit) >> 64);

    public void Shuffle<T>(Span<T> values)
    {
        for (int i = values.Length - 1; i > 0; i--)
        {
            int other = Next(i + 1);
            (values[i], values[other]) = (values[other], values[i]);
        }
    }
}
