using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Benchmarks.Comparison;

/// <summary>A weight format of this library beside the one of llama.cpp that it is compared with.</summary>
/// <param name="Name">Our name for it.</param>
/// <param name="Format">Our format.</param>
/// <param name="Folder">The model's folder, below that of all models.</param>
/// <param name="Gguf">llama.cpp's file beside it.</param>
/// <param name="PrefillTarget">The least ratio of prompt speeds; null where nothing was promised.</param>
internal sealed record WeightKind(string Name, WeightFormat Format, string Folder, string Gguf, double? PrefillTarget)
{
    /// <summary>All that are compared. Random weights depend on the names of tensors alone, so all files have the same, each in its
    /// precision.</summary>
    public static IReadOnlyList<WeightKind> All { get; } =
    [
        new("f32", WeightFormat.Float32, "f32", "f32.gguf", 1.2),
        new("bf16", WeightFormat.BFloat16, "bf16", "bf16.gguf", 0.9),
        new("int8", WeightFormat.Int8, "f32", "q8_0.gguf", 0.9),
        new("int4", WeightFormat.Int4, "f32", "q4_0.gguf", null),
    ];

    /// <summary>The kind that figures beyond the comparison of formats are measured with.</summary>
    public static WeightKind Usual { get; } = All[1];
}
