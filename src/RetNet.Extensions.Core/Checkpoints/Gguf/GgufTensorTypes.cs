using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Checkpoints.Gguf;

/// <summary>ggml's numbers of tensor types.</summary>
internal static class GgufTensorTypes
{
    private static readonly string?[] Names =
    [
        "F32", "F16", "Q4_0", "Q4_1", null, null, "Q5_0", "Q5_1", "Q8_0", "Q8_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "Q8_K",
        "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S", "IQ2_S", "IQ4_XS", "I8", "I16", "I32", "I64", "F64", "IQ1_M", "BF16",
        "Q4_0_4_4", "Q4_0_4_8", "Q4_0_8_8", "TQ1_0", "TQ2_0", "IQ4_NL_4_4", "IQ4_NL_4_8", "IQ4_NL_8_8", "MXFP4", "NVFP4", "Q1_0", "Q2_0",
    ];

    /// <summary>The type of a number, or null if it is not supported.</summary>
    public static TensorType? Find(uint number) => Name(number) switch
    {
        "F32" => TensorType.Float32,
        "F16" => TensorType.Float16,
        "BF16" => TensorType.BFloat16,
        "F64" => TensorType.Float64,
        "I8" => TensorType.Int8,
        "I16" => TensorType.Int16,
        "I32" => TensorType.Int32,
        "I64" => TensorType.Int64,
        { } name when Enum.TryParse(name, out TensorType type) && BlockFormat.IsBlockFormat(type) => type,
        _ => null,
    };

    /// <summary>ggml's name of a type, also of one that is not supported.</summary>
    public static string Describe(uint number) => Name(number) is { } name ? $"type {name}" : $"type number {number}";

    private static string? Name(uint number) => number < Names.Length ? Names[number] : null;
}
