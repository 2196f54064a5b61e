using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Kernels;

namespace RetNet.Extensions.Benchmarks.Comparison;

/// <summary>How sequences remember in the comparison.</summary>
internal static class StateSettings
{
    /// <summary>The states that go with a weight format: float32 beside float32, else bfloat16, which takes as many bytes as llama.cpp's half precision.</summary>
    public static StateOptions Of(WeightFormat format) => new() { Format = format == WeightFormat.Float32 ? StateFormat.Float32 : StateFormat.BFloat16 };
}
