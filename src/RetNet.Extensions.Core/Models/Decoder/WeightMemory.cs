using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>Refuses weights that memory has no room for, and says which formats take how much.</summary>
internal static class WeightMemory
{
    private static readonly (WeightFormat Format, double BytesPerWeight)[] Sizes =
        [(WeightFormat.Float32, 4), (WeightFormat.BFloat16, 2), (WeightFormat.Int8, 1.0625), (WeightFormat.Int4, 0.625)];

    /// <summary>Refuses weights that are larger than the memory that is left: otherwise the system would end the process.</summary>
    /// <param name="model">The model's name in errors.</param>
    /// <param name="weights">Their number.</param>
    /// <param name="bytes">What they take.</param>
    /// <param name="left">Bytes of memory that are left; null if that is not known.</param>
    /// <exception cref="InsufficientMemoryException">They are larger.</exception>
    public static void Require(string model, long weights, long bytes, long? left)
    {
        if (bytes > left)
            throw Insufficient(model, weights, $"{left} bytes are left, and {bytes} are needed.", cause: null);
    }

    /// <summary>The error for weights that memory has no room for.</summary>
    public static InsufficientMemoryException Insufficient(string model, long weights, string found, Exception? cause)
    {
        string sizes = string.Join(", ", Sizes.Select(size => $"{(long)(weights * size.BytesPerWeight)} as {size.Format}"));
        return new($"{model}: there is not enough memory for {weights} weights. {found} They take about {sizes}.", cause);
    }

    /// <summary>About the bytes that weights take in a format; for <see cref="WeightFormat.Auto"/> as they are stored.</summary>
    public static long Bytes(long weights, long stored, WeightFormat format)
    {
        foreach ((WeightFormat known, double bytes) in Sizes)
        {
            if (known == format)
                return (long)(weights * bytes);
        }

        return stored;
    }
}
