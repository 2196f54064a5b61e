namespace RetNet.Extensions.Benchmarks.Models;

/// <summary>How a GGUF file stores a tensor; the values are the format's own (ggml_type).</summary>
internal enum GgufType : uint
{
    F32 = 0,
    Q4_0 = 2,
    Q8_0 = 8,
    Q4_K = 12,
    Q6_K = 14,
    BF16 = 30,
}
