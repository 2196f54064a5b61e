using System.Diagnostics.CodeAnalysis;

namespace RetNet.Extensions.Core.Formats;

/// <summary>Type of a tensor's elements, as the safetensors format names them, and the block formats of GGUF files.</summary>
/// <remarks>
/// Weights are read from <see cref="Float32"/>, <see cref="Float16"/>, <see cref="BFloat16"/> and the block formats. The other types are
/// known so that a file that holds them can be checked. A block format (ggml's block_q8_0 and its siblings) packs a fixed number of
/// consecutive elements of a row into a block; a row is a whole number of blocks. Scales are IEEE half precision; bytes are in the order
/// given.
/// </remarks>
[Experimental("RETNET001")]
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

    /// <summary>
    /// Q8_0: 32 elements in 34 bytes. Half d; 32 signed bytes q. Element i is d · q[i].
    /// </summary>
    Q8_0,

    /// <summary>
    /// Q4_0: 32 elements in 18 bytes. Half d; 16 bytes, of which byte i holds element i in its lower and element i + 16 in its upper four
    /// bits. An element is d · (q − 8).
    /// </summary>
    Q4_0,

    /// <summary>
    /// Q4_1: 32 elements in 20 bytes. Half d; half m; 16 bytes as of Q4_0. An element is d · q + m.
    /// </summary>
    Q4_1,

    /// <summary>
    /// Q5_0: 32 elements in 22 bytes. Half d; 4 bytes, of which bit i (the lowest of the first is bit 0) is the fifth bit of element i; 16
    /// bytes as of Q4_0 with the lower four. An element is d · (q − 16).
    /// </summary>
    Q5_0,

    /// <summary>
    /// Q5_1: 32 elements in 24 bytes. Half d; half m; then as Q5_0. An element is d · q + m.
    /// </summary>
    Q5_1,

    /// <summary>
    /// Q4_K: 256 elements in 144 bytes, eight groups of 32 with a scale s and a minimum m of six bits each. Half d; half dmin; 12 bytes of
    /// scales and minima; 128 bytes q. Byte i of each 32 of q holds element i of an even group in its lower and of the next group in its
    /// upper four bits. An element is d · s · q − dmin · m. The scales and minima, with b the 12 bytes: groups 0 to 3 have s = b[g] &amp;
    /// 63 and m = b[g + 4] &amp; 63; groups 4 to 7 have their lower four bits in b[g + 4] (s in the lower half, m in the upper) and their
    /// upper two bits in the upper two bits of b[g − 4] (s) and b[g] (m).
    /// </summary>
    Q4_K,

    /// <summary>
    /// Q5_K: 256 elements in 176 bytes. As Q4_K, with 32 bytes before q, of which bit g of byte j is the fifth bit of element j of group g.
    /// </summary>
    Q5_K,

    /// <summary>
    /// Q6_K: 256 elements in 210 bytes, sixteen groups of 16. 128 bytes with the lower four bits of q; 64 bytes with the upper two; 16
    /// signed bytes of scales s; half d. An element is d · s · (q − 32). In each half of 128 elements, element i = 32·k + j (k from 0 to 3)
    /// has its lower bits in byte 32·(k mod 2) + j of the half's 64 (the lower four bits for k &lt; 2, else the upper), and its upper bits
    /// in byte j of the half's 32, at bit 2·k.
    /// </summary>
    Q6_K,

    /// <summary>
    /// Q2_K: 256 elements in 84 bytes, sixteen groups of 16. 16 bytes, of which byte g holds a scale s in its lower and a minimum m in its
    /// upper four bits; 64 bytes q; half d; half dmin. An element is d · s · q − dmin · m. In each half of 128 elements, element
    /// 32·k + j (k from 0 to 3) has its q in byte j of the half's 32, at bit 2·k.
    /// </summary>
    Q2_K,

    /// <summary>
    /// Q3_K: 256 elements in 110 bytes, sixteen groups of 16. 32 bytes, of which bit i / 32 of byte i mod 32 is the third bit of element
    /// i; 64 bytes with the lower two bits as of Q2_K; 12 bytes b of scales s of six bits; half d. An element is d · (s − 32) · (q − 4).
    /// Group g has the lower four bits of its scale in b[g mod 8] (the lower four bits for g &lt; 8, else the upper) and the upper two in
    /// b[8 + g mod 4], at bit 2·(g / 4).
    /// </summary>
    Q3_K,

    /// <summary>
    /// IQ4_NL: 32 elements in 18 bytes. Half d; 16 bytes as of Q4_0. An element is d · t[q], with t the sixteen numbers −127, −104, −83,
    /// −65, −49, −35, −22, −10, 1, 13, 25, 38, 53, 69, 89 and 113.
    /// </summary>
    IQ4_NL,

    /// <summary>
    /// IQ4_XS: 256 elements in 136 bytes, eight groups of 32. Half d; 16 bits with the upper two bits of the groups' scales s, the first
    /// group's lowest; 4 bytes with the lower four, an even group's in the lower half; 16 bytes for each group as of Q4_0. An element is
    /// d · (s − 32) · t[q], with t as of IQ4_NL.
    /// </summary>
    IQ4_XS,

    /// <summary>
    /// IQ2_XXS: 256 elements in 66 bytes, eight groups of 32. Half d; for each group 4 bytes that number vectors of 8 in a grid of 256,
    /// and 32 bits: seven signs for each vector (the eighth makes their product positive), then a scale s of four bits. An element is
    /// d · (s + 1/2) / 4 · g, with g a signed number of the grid.
    /// </summary>
    IQ2_XXS,

    /// <summary>
    /// IQ2_XS: 256 elements in 74 bytes. Half d; 32 numbers of 16 bits, of which nine number a vector of 8 in a grid of 512, and seven are
    /// its signs as of IQ2_XXS; 8 bytes with a scale of four bits for every two vectors. An element is as of IQ2_XXS.
    /// </summary>
    IQ2_XS,

    /// <summary>
    /// IQ2_S: 256 elements in 82 bytes. Half d; 32 bytes with the lower eight bits of the numbers of vectors of 8 in a grid of 1024; 32
    /// bytes of signs; 8 bytes with the upper two bits of the numbers; scales as of IQ2_XS. An element is as of IQ2_XXS.
    /// </summary>
    IQ2_S,

    /// <summary>
    /// IQ3_XXS: 256 elements in 98 bytes, eight groups of 32. Half d; 64 bytes that number vectors of 4 in a grid of 256; then for each
    /// group 32 bits as of IQ2_XXS, with signs for every two vectors. An element is d · (s + 1/2) / 2 · g.
    /// </summary>
    IQ3_XXS,

    /// <summary>
    /// IQ3_S: 256 elements in 110 bytes, eight groups of 32. Half d; 64 bytes with the lower eight bits of the numbers of vectors of 4 in
    /// a grid of 512; 8 bytes with the ninth; 32 bytes of signs; 4 bytes with a scale s of four bits for each group. An element is
    /// d · (2 · s + 1) · g.
    /// </summary>
    IQ3_S,

    /// <summary>
    /// IQ1_S: 256 elements in 50 bytes, eight groups of 32. Half d; 32 bytes with the lower eight bits of the numbers of vectors of 8 in a
    /// grid of 2048; for each group 16 bits: the upper three bits of four numbers, a scale s of three bits, and a sign. An element is
    /// d · (2 · s + 1) · (g ± 1/8), with g −1, 0 or 1.
    /// </summary>
    IQ1_S,

    /// <summary>
    /// IQ1_M: 256 elements in 56 bytes. 32 bytes with the lower eight bits of numbers as of IQ1_S; 16 bytes with three bits more and a sign
    /// for each; four numbers of 16 bits: scales s of three bits for every two vectors, and four bits of the half d, the last first. An
    /// element is as of IQ1_S.
    /// </summary>
    IQ1_M,

    /// <summary>
    /// TQ1_0: 256 elements in 54 bytes. 32 bytes with five digits q of base 3 each, 16 bytes with five and 4 bytes with four: the first
    /// digits of all bytes, then the second ones; a byte b stands for the fraction b / 256, rounded up. Half d. An element is d · (q − 1).
    /// </summary>
    TQ1_0,

    /// <summary>
    /// TQ2_0: 256 elements in 66 bytes. 64 bytes with q as of Q2_K; half d. An element is d · (q − 1).
    /// </summary>
    TQ2_0,

    /// <summary>
    /// MXFP4: 32 elements in 17 bytes. A byte e; 16 bytes as of Q4_0. An element is 2^(e − 127) · q, with q a float of four bits (E2M1).
    /// </summary>
    MXFP4,

    /// <summary>
    /// NVFP4: 64 elements in 36 bytes, four groups of 16. 4 bytes, each the scale of a group as a float of eight bits (E4M3, no sign); for
    /// each group 8 bytes, of which byte i holds element i in its lower and element i + 8 in its upper four bits, each a float of four
    /// bits (E2M1).
    /// </summary>
    NVFP4,

    /// <summary>
    /// Q1_0: 128 elements in 18 bytes. Half d; a bit for each element, the lowest first. An element is d where it is set, else −d.
    /// </summary>
    Q1_0,

    /// <summary>
    /// Q2_0: 64 elements in 18 bytes. Half d; two bits q for each element, the lowest first. An element is d · (q − 1).
    /// </summary>
    Q2_0,
}

/// <summary>The safetensors format's names and sizes of element types.</summary>
internal static class TensorTypeNames
{
    /// <summary>The type of that name, or null.</summary>
    public static TensorType? Find(string name) => name switch
    {
        "F32" => TensorType.Float32,
        "F16" => TensorType.Float16,
        "BF16" => TensorType.BFloat16,
        "F64" => TensorType.Float64,
        "C64" => TensorType.Complex64,
        "F8_E5M2" => TensorType.Float8E5M2,
        "F8_E5M2FNUZ" => TensorType.Float8E5M2Fnuz,
        "F8_E4M3" => TensorType.Float8E4M3,
        "F8_E4M3FNUZ" => TensorType.Float8E4M3Fnuz,
        "F8_E8M0" => TensorType.Float8E8M0,
        "F6_E2M3" => TensorType.Float6E2M3,
        "F6_E3M2" => TensorType.Float6E3M2,
        "F4" => TensorType.Float4,
        "I64" => TensorType.Int64,
        "I32" => TensorType.Int32,
        "I16" => TensorType.Int16,
        "I8" => TensorType.Int8,
        "U64" => TensorType.UInt64,
        "U32" => TensorType.UInt32,
        "U16" => TensorType.UInt16,
        "U8" => TensorType.UInt8,
        "BOOL" => TensorType.Boolean,
        _ => null,
    };

    /// <summary>Size of one element, in bits.</summary>
    public static int Bits(TensorType type) => type switch
    {
        TensorType.Float64 or TensorType.Complex64 or TensorType.Int64 or TensorType.UInt64 => 64,
        TensorType.Float32 or TensorType.Int32 or TensorType.UInt32 => 32,
        TensorType.Float16 or TensorType.BFloat16 or TensorType.Int16 or TensorType.UInt16 => 16,
        TensorType.Float6E2M3 or TensorType.Float6E3M2 => 6,
        TensorType.Float4 => 4,
        _ => 8,
    };
}
