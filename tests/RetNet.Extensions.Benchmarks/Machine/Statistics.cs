namespace RetNet.Extensions.Benchmarks.Machine;

/// <summary>Statistics of measurements.</summary>
internal static class Statistics
{
    /// <summary>The middle of some values; the upper one of two.</summary>
    public static T Median<T>(this IEnumerable<T> values)
    {
        T[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
