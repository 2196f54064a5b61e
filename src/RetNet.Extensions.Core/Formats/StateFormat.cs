namespace RetNet.Extensions.Core.Formats;

/// <summary>How the numbers of a state are kept in memory. Arithmetic is in float32 in every format.</summary>
public enum StateFormat
{
    /// <summary>IEEE 754 single precision, 4 bytes a value.</summary>
    Float32,

    /// <summary>The upper half of a float32, 2 bytes a value, rounded to nearest even.</summary>
    BFloat16,

    /// <summary>An integer from −127 to 127, 1 byte a value, and a factor in bfloat16 for each row of a head. For the keys and values of
    /// Transformers on the CPU. A RetNet refuses it: its matrices would be rounded in every step, which adds up to errors of 3 to 23 %.
    /// </summary>
    Int8,
}
