

namespace RetNet.Extensions.Core.Formats;

/// <summary>How the numbers of a state are kept in memory. Arithmetic is in float32 in every format.</summary>
public enum StateFormat
{
    /// <summary>IEEE 754 single precision, 4 bytes a value.</summary>
    Float32,

    /// <summary>The upper half of a float32, 2 bytes a value, rounded to nearest even.</summary>
    BFloat16,
}
