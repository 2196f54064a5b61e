using RetNet.Extensions.Core.Kernels.Functions;

namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>Dropout: a value is 0 with probability p, else 1/(1 − p) of itself. Nothing is stored: the backward pass draws the same
/// again by <see cref="DropoutRule"/>.</summary>
internal static unsafe class DropoutLayer
{
    /// <summary>Applies the mask of a place in the model to a matrix; forward and backward are the same.</summary>
    /// <param name="pass">The batch, with p and the seed.</param>
    /// <param name="place">Distinguishes the places of a model where values are dropped.</param>
    /// <param name="x"><c>[rows × width]</c>, in place.</param>
    /// <param name="width">Values per row.</param>
    public static void Apply(TrainingPass pass, int place, float* x, int width)
    {
        uint threshold = DropoutRule.Threshold(pass.Dropout);
        float keep = DropoutRule.Keep(pass.Dropout);
        ulong seed = DropoutRule.Seed(pass.DropoutSeed, place);
        pass.ForRows(2L * width, (from, to) =>
        {
            for (int row = from; row < to; row++)
            {
                ulong state = SplitMix64.Mix(seed + (ulong)row);
                float* values = x + ((long)row * width);
                for (int i = 0; i < width; i += 2)
                {
                    ulong bits = SplitMix64.Next(ref state);
                    values[i] = (uint)bits < threshold ? 0 : values[i] * keep;
                    if (i + 1 < width)
                        values[i + 1] = (uint)(bits >> 32) < threshold ? 0 : values[i + 1] * keep;
                }
            }
        });
    }
}
