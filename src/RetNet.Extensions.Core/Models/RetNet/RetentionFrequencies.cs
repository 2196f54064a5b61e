namespace RetNet.Extensions.Core.Models.RetNet;

/// <summary>The rotary angle per position of each pair of a head's values.</summary>
internal static class RetentionFrequencies
{
    /// <summary>fla: θ_i = 10000^(−2i/dk). torchscale: θ_i = 10000^(−i/(dk/2−1)), a linspace that includes 1.</summary>
    public static float[] Compute(RetNetConfiguration c)
    {
        int pairs = c.KeyWidth / 2;
        double divisor = c.Dialect == RetNetDialect.Fla ? pairs : pairs - 1;
        return [.. Enumerable.Range(0, pairs).Select(i => (float)(1 / Math.Pow(10000, i / divisor)))];
    }
}
