namespace RetNet.Extensions.Core.Kernels;

/// <summary>How weight matrices are kept in memory. Norm weights and biases are always float32; so is all arithmetic.</summary>
public enum WeightFormat
{
    /// <summary>As the checkpoint has them: float32 and bfloat16 are mapped from the file without a copy, float16 is widened to float32, the block formats of GGUF files become <see cref="Int8"/>.</summary>
    Auto,

    /// <summary>4 bytes per weight.</summary>
    Float32,

    /// <summary>2 bytes per weight: float32 rounded to 8 bits of mantissa, to nearest even.</summary>
    BFloat16,

    /// <summary>
    /// 1 byte per weight and one float32 scale per group of 64 columns of a row (1.0625 bytes per weight): w ≈ scale · q with q from −127 to
    /// 127 and scale the group's largest magnitude / 127.
    /// </summary>
    Int8,
}
