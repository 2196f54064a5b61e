using RetNet.Extensions.Core.Kernels.Functions;

namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>Which values dropout drops: a function of the batch's seed, the place, the row and the column
/// (<see cref="SplitMix64"/>), the same on every device.</summary>
internal static class DropoutRule
{
    /// <summary>The place of the embedding.</summary>
    public const int EmbeddingPlace = 0;

    /// <summary>A value is dropped whose 32 random bits are a smaller number.</summary>
    /// <param name="probability">p.</param>
    public static uint Threshold(float probability) => (uint)(probability * (1UL << 32));

    /// <summary>The factor of a value that is kept.</summary>
    /// <param name="probability">p.</param>
    public static float Keep(float probability) => 1 / (1 - probability);

    /// <summary>The seed of a place in the model.</summary>
    /// <param name="seed">The batch's seed.</param>
    /// <param name="place">Distinguishes the places of a model where values are dropped.</param>
    public static ulong Seed(ulong seed, int place) => SplitMix64.Mix(seed + SplitMix64.Mix((ulong)place + 1));
}
