namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>Dropout: a value is 0 with probability p, else 1/(1 − p) of itself. Nothing is stored: the backward pass draws the same again.</summary>
internal static unsafe class DropoutLayer
{
    /// <summary>Applies the mask of a place in the model to a matrix; forward and backward are the same.</summary>
    /// <param name="pass">The batch, with p and the seed.</param>
    /// <param name="place">Distinguishes the places of a model where values are dropped.</param>
    /// <param name="x"><c>[rows × width]</c>, in place.</param>
    /// <param name="width">Values per row.</param>
    public static void Apply(TrainingPass pass, int place, float* x, int width)
    {
        uint threshold = (uint)(pass.Dropout * (1UL << 32));
        float keep = 1 / (1 - pass.Dropout);
        ulong seed = Mix(pass.DropoutSeed + Mix((ulong)place + 1));
        pass.ForRows(2L * width, (from, to) =>
        {
            for (int row = from; row < to; row++)
            {
                ulong state = Mix(seed + (ulong)row);
                float* values = x + ((long)row * width);
                for (int i = 0; i < width; i += 2)
                {
                    ulong bits = Mix(state += 0x9E3779B97F4A7C15);
                    values[i] = (uint)bits < threshold ? 0 : values[i] * keep;
                    if (i + 1 < width)
                        values[i + 1] = (uint)(bits >> 32) < threshold ? 0 : values[i + 1] * keep;
                }
            }
        });
    }

    // The finaliser of SplitMix64 (Steele, Lea and Flood 2014).
    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
