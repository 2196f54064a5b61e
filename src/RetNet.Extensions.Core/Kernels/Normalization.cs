using System.Numerics.Tensors;

namespace RetNet.Extensions.Core.Kernels;

/// <summary>Root-mean-square norms (RMSNorm, arXiv 1910.07467).</summary>
internal static unsafe class Normalization
{
    /// <summary><c>y = x / √(mean(x²) + ε) ⊙ w</c> for each row.</summary>
    /// <param name="x"><c>[rows × width]</c>.</param>
    /// <param name="weight"><c>[width]</c>, or null for none.</param>
    /// <param name="y"><c>[rows × width]</c>; may be x.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="width">The number of values that are normalised together.</param>
    /// <param name="epsilon">ε.</param>
    public static void Rms(float* x, float* weight, float* y, int rows, int width, float epsilon)
    {
        for (int row = 0; row < rows; row++, x += width, y += width)
        {
            ReadOnlySpan<float> source = new(x, width);
            Span<float> target = new(y, width);
            float meanSquare = TensorPrimitives.SumOfSquares(source) / width;
            TensorPrimitives.Multiply(source, 1 / MathF.Sqrt(meanSquare + epsilon), target);
            if (weight is not null)
                TensorPrimitives.Multiply(target, new ReadOnlySpan<float>(weight, width), target);
        }
    }
}
