using System.Collections.Frozen;

namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>The safetensors format's names and sizes of element types.</summary>
internal static class TensorTypeNames
{
    private static readonly FrozenDictionary<string, TensorType> Types = new Dictionary<string, TensorType>
    {
        ["F32"] = TensorType.Float32,
        ["F16"] = TensorType.Float16,
        ["BF16"] = TensorType.BFloat16,
        ["F64"] = TensorType.Float64,
        ["C64"] = TensorType.Complex64,
        ["F8_E5M2"] = TensorType.Float8E5M2,
        ["F8_E5M2FNUZ"] = TensorType.Float8E5M2Fnuz,
        ["F8_E4M3"] = TensorType.Float8E4M3,
        ["F8_E4M3FNUZ"] = TensorType.Float8E4M3Fnuz,
        ["F8_E8M0"] = TensorType.Float8E8M0,
        ["F6_E2M3"] = TensorType.Float6E2M3,
        ["F6_E3M2"] = TensorType.Float6E3M2,
        ["F4"] = TensorType.Float4,
        ["I64"] = TensorType.Int64,
        ["I32"] = TensorType.Int32,
        ["I16"] = TensorType.Int16,
        ["I8"] = TensorType.Int8,
        ["U64"] = TensorType.UInt64,
        ["U32"] = TensorType.UInt32,
        ["U16"] = TensorType.UInt16,
        ["U8"] = TensorType.UInt8,
        ["BOOL"] = TensorType.Boolean,
    }.ToFrozenDictionary();

    /// <summary>The type of that name, or null.</summary>
    public static TensorType? Find(string name) => Types.TryGetValue(name, out TensorType type) ? type : null;

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
