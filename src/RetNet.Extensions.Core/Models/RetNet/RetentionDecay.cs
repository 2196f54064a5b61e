namespace RetNet.Extensions.Core.Models.RetNet;

/// <summary>The decay of a RetNet head: γ_h = 1 − 2^(−5−h) (RetNet, section 2.2).</summary>
internal static class RetentionDecay
{
    /// <summary>ln γ of every head.</summary>
    public static float[] Logarithms(int heads)
    {
        float[] logarithms = new float[heads];
        for (int head = 0; head < heads; head++)
            logarithms[head] = (float)Math.Log(1 - Math.Pow(2, -5 - head));
        return logarithms;
    }

    /// <summary>s_n = Σ_{j≤n} γ^j, the sum of the decays that the token at position n sees.</summary>
    public static double Sum(double logDecay, long n) => logDecay == 0 ? n + 1 : -Expm1((n + 1) * logDecay) / -Expm1(logDecay);

    // e^x − 1 without cancellation for small x.
    private static double Expm1(double x)
    {
        if (Math.Abs(x) > 1e-2)
            return Math.Exp(x) - 1;
        return x * (1 + (x / 2 * (1 + (x / 3 * (1 + (x / 4 * (1 + (x / 5 * (1 + (x / 6))))))))));
    }
}
