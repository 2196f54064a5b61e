namespace RetNet.Extensions.Core.Formats;

/// <summary>How the weight matrices of linear layers are kept in memory. Norm weights, biases and embeddings that are only looked up keep
/// the checkpoint's precision.</summary>
public enum WeightFormat
{
    /// <summary>As the checkpoint has them: float32, bfloat16 and quantised weights stay so; float16 is widened to float32.</summary>
    Auto,

    /// <summary>4 bytes per weight.</summary>
    Float32,

    /// <summary>2 bytes per weight: float32 rounded to 8 bits of mantissa, to nearest even. Arithmetic is float32.</summary>
    BFloat16,

    /// <summary>
    /// 1 byte per weight and one half-precision scale per group of 32 columns of a row (1.0625 bytes per weight): w ≈ scale · q with q from
    /// −127 to 127 and scale the group's largest magnitude / 127. Products are formed in integers: the 32 inputs of a group are
    /// rounded to 16 bits (an error of at most 2⁻¹⁶ of the largest), their sum is exact, and groups are added in float32.
    /// </summary>
    Int8,

    /// <summary>
    /// Half a byte per weight, and a scale and an offset in half precision per group of 32 columns of a row (0.625 bytes per weight): w ≈
    /// scale · q − offset with q from 0 to 15, the group's range cut into 15 steps. Arithmetic as with <see cref="Int8"/>.
    /// </summary>
    Int4,

    /// <summary>2 bytes per weight, IEEE half precision. On GPUs only: the managed engine refuses it.</summary>
    Float16,
}
