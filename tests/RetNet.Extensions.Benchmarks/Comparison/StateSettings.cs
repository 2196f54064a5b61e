using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Kernels;

namespace RetNet.Extensions.Benchmarks.Comparison;

/// <summary>How sequences remember in the comparison.</summary>
internal static class StateSettings
{
    /// <summary>The states that go with a weight format.</summary>
    public static StateOptions Of(WeightFormat format) => StateOptions.Default;
}
