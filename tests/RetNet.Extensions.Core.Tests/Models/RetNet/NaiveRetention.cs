using System.Numerics.Tensors;
using RetNet.Extensions.Core.Models.RetNet;

namespace RetNet.Extensions.Core.Tests.Models.RetNet;

/// <summary>Retention of one head as the paper writes it (arXiv 2307.08621, equation 5), in double precision: what every fast form
/// computes.</summary>
internal static class NaiveRetention
{
    /// <summary><c>o_n = Σ_{m≤n} γ^(n−m) (q_n·k_m) v_m</c>.</summary>
    /// <param name="q">Scaled and rotated queries, <c>[tokens][dk]</c>.</param>
    /// <param name="k">Rotated keys, <c>[tokens][dk]</c>.</param>
    /// <param name="v">Values, <c>[tokens][dv]</c>.</param>
    /// <param name="decay">γ.</param>
    /// <returns><c>[tokens][dv]</c>.</returns>
    public static double[][] Parallel(double[][] q, double[][] k, double[][] v, double decay)
    {
        double[][] o = [.. v.Select(value => new double[value.Length])];
        for (int n = 0; n < o.Length; n++)
        {
            for (int m = 0; m <= n; m++)
                TensorPrimitives.MultiplyAdd(v[m], Math.Pow(decay, n - m) * TensorPrimitives.Dot<double>(q[n], k[m]), o[n], o[n]);
        }

        return o;
    }

    /// <summary>torchscale's divisor of each row: √s_n with s_n = Σ_{j≤n} γ^j, in the parallel form times
    /// <c>clamp(Σ_{m≤n} |γ^(n−m) (q_n·k_m)| / √s_n, 1, 5·10⁴)</c>; 1 in fla.</summary>
    public static double[] Divisors(double[][] q, double[][] k, double decay, RetentionScaling scaling)
    {
        double[] divisors = new double[q.Length];
        for (int n = 0; n < q.Length; n++)
        {
            double root = Math.Sqrt(Enumerable.Range(0, n + 1).Sum(j => Math.Pow(decay, j)));
            double magnitudes = Enumerable.Range(0, n + 1)
                .Sum(m => Math.Abs(Math.Pow(decay, n - m) * TensorPrimitives.Dot<double>(q[n], k[m])));
            divisors[n] = scaling switch
            {
                RetentionScaling.None => 1,
                RetentionScaling.Recurrent => root,
                RetentionScaling.TorchScaleParallel => root * Math.Clamp(magnitudes / root, 1, 5e4),
                _ => throw new NotSupportedException($"{scaling} depends on the chunks."),
            };
        }

        return divisors;
    }
}
