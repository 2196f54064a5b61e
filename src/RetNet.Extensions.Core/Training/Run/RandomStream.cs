using RetNet.Extensions.Core.Kernels.Functions;

namespace RetNet.Extensions.Core.Training.Run;

/// <summary>Random numbers that are a function of a seed and a place (<see cref="SplitMix64"/>), so that a resumed training needs
/// no saved generator.</summary>
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

    public ulong Next() => SplitMix64.Next(ref _state);

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
