namespace RetNet.Extensions.Core.Checkpoints.Quantized;

/// <summary>Numbers of a few bits in words of 32.</summary>
internal static class PackedIntegers
{
    /// <summary>Number <paramref name="index"/> of a word, the lowest bits first.</summary>
    public static byte Get(uint word, int index, int bits) => (byte)((word >> (bits * index)) & ((1u << bits) - 1));

    /// <summary>group_size, where −1 stands for all inputs.</summary>
    /// <exception cref="CheckpointException">It is out of range.</exception>
    public static int GroupSize(ConfigurationReader options, int inputs)
    {
        int size = options.OptionalInteger("group_size", -1, ConfigurationReader.MaximumWidth) ?? -1;
        return size switch
        {
            -1 => inputs,
            > 0 => Math.Min(size, inputs),
            _ => throw options.Fault("group_size", "−1 or a number of inputs"),
        };
    }
}
