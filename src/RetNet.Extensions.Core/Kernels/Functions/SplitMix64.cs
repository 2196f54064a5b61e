namespace RetNet.Extensions.Core.Kernels.Functions;

/// <summary>SplitMix64 (Steele, Lea and Flood, 2014), a generator of random numbers: the same on every runtime and device.</summary>
internal static class SplitMix64
{
    /// <summary>The step from one state to the next.</summary>
    public const ulong Increment = 0x9E3779B97F4A7C15;

    /// <summary>The first factor of the finaliser.</summary>
    public const ulong Multiplier1 = 0xBF58476D1CE4E5B9;

    /// <summary>The second factor of the finaliser.</summary>
    public const ulong Multiplier2 = 0x94D049BB133111EB;

    /// <summary>The first shift of the finaliser.</summary>
    public const int Shift1 = 30;

    /// <summary>The second shift of the finaliser.</summary>
    public const int Shift2 = 27;

    /// <summary>The third shift of the finaliser.</summary>
    public const int Shift3 = 31;

    /// <summary>The next number.</summary>
    public static ulong Next(ref ulong state) => Mix(state += Increment);

    /// <summary>The finaliser.</summary>
    public static ulong Mix(ulong z)
    {
        z = (z ^ (z >> Shift1)) * Multiplier1;
        z = (z ^ (z >> Shift2)) * Multiplier2;
        return z ^ (z >> Shift3);
    }
}
