namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>Type of a tensor's elements, as the safetensors format names them.</summary>
/// <remarks>Weights are read from <see cref="Float32"/>, <see cref="Float16"/> and <see cref="BFloat16"/>. The other types are known so that a file that holds them can be checked.</remarks>
public enum TensorType
{
    /// <summary>F32: IEEE 754 single precision.</summary>
    Float32,

    /// <summary>F16: IEEE 754 half precision.</summary>
    Float16,

    /// <summary>BF16: the upper half of a single.</summary>
    BFloat16,

    /// <summary>F64: IEEE 754 double precision.</summary>
    Float64,

    /// <summary>C64: a complex number of two singles.</summary>
    Complex64,

    /// <summary>F8_E5M2.</summary>
    Float8E5M2,

    /// <summary>F8_E5M2FNUZ.</summary>
    Float8E5M2Fnuz,

    /// <summary>F8_E4M3.</summary>
    Float8E4M3,

    /// <summary>F8_E4M3FNUZ.</summary>
    Float8E4M3Fnuz,

    /// <summary>F8_E8M0: a power of two, used as a scale.</summary>
    Float8E8M0,

    /// <summary>F6_E2M3: six bits, packed.</summary>
    Float6E2M3,

    /// <summary>F6_E3M2: six bits, packed.</summary>
    Float6E3M2,

    /// <summary>F4: four bits, packed.</summary>
    Float4,

    /// <summary>I64.</summary>
    Int64,

    /// <summary>I32.</summary>
    Int32,

    /// <summary>I16.</summary>
    Int16,

    /// <summary>I8.</summary>
    Int8,

    /// <summary>U64.</summary>
    UInt64,

    /// <summary>U32.</summary>
    UInt32,

    /// <summary>U16.</summary>
    UInt16,

    /// <summary>U8.</summary>
    UInt8,

    /// <summary>BOOL: one byte.</summary>
    Boolean,
}
