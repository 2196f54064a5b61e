using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Benchmarks.Comparison;

/// <summary>How sequences remember in the comparison.</summary>
internal static class StateSettings
{
    /// <summary>bfloat16, which takes as many bytes as llama.cpp's half precision.</summary>
    public static StateOptions Compared { get; } = new() { Format = StateFormat.BFloat16 };
}
