namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>Which values dropout drops: a function of the batch's seed, the place, the row and the column (SplitMix64: Steele, Lea and
/// Flood 2014), the same on every device.</summary>
internal static class DropoutRule
{
    /// <summary>SplitMix64's step from one number to the next.</summary>
    public const ulong Increment = 0x9E3779B97F4A7C15;

    /// <summary>The first factor of SplitMix64's finaliser.</summary>
    public const ulong Multiplier1 = 0xBF58476D1CE4E5B9;

    /// <summary>The second factor of SplitMix64's finaliser.</summary>
    public const ulong Multiplier2 = 0x94D049BB133111EB;

    /// <summary>The first shift of SplitMix64's finaliser.</summary>
    public const int Shift1 = 30;

    /// <summary>The second shift of SplitMix64's finaliser.</summary>
    public const int Shift2 = 27;

    /// <summary>The third shift of SplitMix64's finaliser.</summary>
    public const int Shift3 = 31;

    /// <summary>A value is dropped whose 32 random bits are a smaller number.</summary>
    /// <param name="probability">p.</param>
    public static uint Threshold(float probability) => (uint)(probability * (1UL << 32));

    /// <summary>The factor of a value that is kept.</summary>
    /// <param name="probability">p.</param>
    public static float Keep(float probability) => 1 / (1 - probability);

    /// <summary>The seed of a place in the model.</summary>
    /// <param name="seed">The batch's seed.</param>
    /// <param name="place">Distinguishes the places of a model where values are dropped.</param>
    public static ulong Seed(ulong seed, int place) => Mix(seed + Mix((ulong)place + 1));

    /// <summary>SplitMix64's finaliser.</summary>
    /// <param name="z">The number to mix.</param>
    public static ulong Mix(ulong z)
    {
        z = (z ^ (z >> Shift1)) * Multiplier1;
        z = (z ^ (z >> Shift2)) * Multiplier2;
        return z ^ (z >> Shift3);
    }
}
