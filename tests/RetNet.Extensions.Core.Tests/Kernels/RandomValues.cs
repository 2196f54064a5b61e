namespace RetNet.Extensions.Core.Tests.Kernels;

/// <summary>Reproducible numbers from −1 to 1.</summary>
internal static class RandomValues
{
    public static float[] Floats(long count, int seed, float scale = 1)
    {
        Random random = new(seed);
        float[] values = new float[count];
        for (int i = 0; i < values.Length; i++)
            values[i] = scale * (float)((2 * random.NextDouble()) - 1);
        return values;
    }
}
